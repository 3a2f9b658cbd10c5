using System.Globalization;

namespace TiMix.Base;

/// <summary>Addresses as they are written: "host:port", an IPv6 address in brackets.</summary>
public static class HostPort
{
    /// <summary>Takes one apart; whether it is one.</summary>
    /// <param name="text">What is written.</param>
    /// <param name="host">As written, with its brackets.</param>
    /// <param name="port">0 to 65535.</param>
    public static bool TrySplit(string text, out string host, out int port)
    {
        var colon = text.LastIndexOf(':');
        host = colon > 0 ? text[..colon] : "";
        port = 0;
        return colon > 0 && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;
    }

    /// <summary>The host without its brackets, as sockets take it.</summary>
    public static string Bare(string host) => host.Trim('[', ']');
}
