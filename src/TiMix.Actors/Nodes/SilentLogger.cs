using Akka.Event;
using TiMix.Actors.Monitoring;

namespace TiMix.Actors.Nodes;

/// <summary>Where Akka's last words go when its loggers have ended: they would stand between the user's results.</summary>
public sealed class SilentLogger : MinimalLogger
{
    /// <inheritdoc/>
    protected override void Log(object message)
    {
    }
}
