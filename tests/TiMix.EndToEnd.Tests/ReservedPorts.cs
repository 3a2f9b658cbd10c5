using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// Ports that the system gives to nobody, because they stay bound here while the tests last. Servers that may use an address again,
/// as all of these do, can listen on them, and listen again after they were away.
/// </summary>
internal static class ReservedPorts
{
    private static readonly ConcurrentBag<Socket> Held = [];

    public static int Next()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Held.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
