using System.CommandLine;
using System.Globalization;
using System.Net;
using TiMix.Base;

namespace TiMix.Node.Operations;

/// <summary>The option that says where a run can be watched and steered.</summary>
internal static class HttpOption
{
    private const string Name = "--http";

    /// <summary>The option.</summary>
    /// <param name="otherwise">What holds without it.</param>
    public static Option<string> New(string otherwise = "127.0.0.1:0") => new(Name)
    {
        Description = "Address of the dashboard and of the HTTP interface: HOST:PORT, a port of this machine (0: any free one), or off. Open to other "
            + "machines, changes need a token.",
        DefaultValueFactory = _ => otherwise,
    };

    /// <summary>What was said; null: off.</summary>
    /// <exception cref="RunError">It is no address.</exception>
    public static IPEndPoint? Parse(string text)
    {
        if (text == "off")
        {
            return null;
        }

        var (host, port) = text.LastIndexOf(':') is >= 0 and var colon ? (text[..colon], text[(colon + 1)..]) : ("127.0.0.1", text);
        var address = host switch
        {
            "localhost" => IPAddress.Loopback,
            "*" => IPAddress.Any,
            _ => IPAddress.TryParse(host.Trim('[', ']'), out var parsed) ? parsed : null,
        };
        return address is not null && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new IPEndPoint(address, number)
            : throw new RunError(
                $"{Name} is \"{text}\"; it must be HOST:PORT with an IP address, a port alone, or off; for example 127.0.0.1:8550 or 0.0.0.0:8550.");
    }
}
