using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TiMix.Base;

namespace TiMix.Exchange.Links;

/// <summary>"host:port", as it stands in references and views.</summary>
internal static class Endpoints
{
    public static string Format(string host, int port) =>
        string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");

    /// <exception cref="IOException">It is not an endpoint.</exception>
    public static (string Host, int Port) Parse(string endpoint) => HostPort.TrySplit(endpoint, out var host, out var port) && port > 0
        ? (HostPort.Bare(host), port)
        : throw new IOException($"\"{endpoint}\" is not an endpoint: host:port is expected.");

    /// <exception cref="IOException">The name is not known.</exception>
    public static IPAddress Resolve(string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        try
        {
            return Dns.GetHostAddresses(host).OrderBy(found => found.AddressFamily == AddressFamily.InterNetwork ? 0 : 1).First();
        }
        catch (Exception error) when (error is SocketException or InvalidOperationException)
        {
            throw new IOException($"The host \"{host}\" is not known.", error);
        }
    }
}
