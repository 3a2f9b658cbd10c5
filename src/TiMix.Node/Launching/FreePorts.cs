using System.Net;
using System.Net.Sockets;
using TiMix.Actors.Runs;

namespace TiMix.Node.Launching;

/// <summary>
/// Ports that nobody listens on. They are taken from below those that the system gives to outgoing connections, so that none of
/// these can sit on a port in the moment between a node's death and its restart.
/// </summary>
internal sealed class FreePorts
{
    private const int First = 15000;
    private const int Last = 31999;
    private const int Tries = 1000;
    private readonly HashSet<int> _taken = [];

    /// <summary>A port that this has not given before.</summary>
    public int Next()
    {
        for (var i = 0; i < Tries; i++)
        {
            var port = Random.Shared.Next(First, Last + 1);
            if (!_taken.Contains(port) && IsFree(port))
            {
                _taken.Add(port);
                return port;
            }
        }

        throw new RunError($"no free port was found between {First} and {Last} on {LocalLauncher.Host}.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
