using System.Net;
using System.Net.Sockets;

namespace TiMix.Node.Processes;

/// <summary>
/// Ports for the nodes of this machine. Each is kept bound, without listening, until this is disposed: the system then gives it to
/// nobody, also while the node is being restarted, and the node itself may listen on it, since both let the address be used again.
/// </summary>
internal sealed class ReservedPorts : IDisposable
{
    private readonly List<Socket> _held = [];

    /// <summary>A port that nobody has.</summary>
    public int Next()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _held.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Lets one go.</summary>
    public void Release(int port)
    {
        if (_held.Find(socket => ((IPEndPoint)socket.LocalEndPoint!).Port == port) is { } held)
        {
            _held.Remove(held);
            held.Dispose();
        }
    }

    /// <summary>Lets them go.</summary>
    public void Dispose() => _held.ForEach(socket => socket.Dispose());
}
