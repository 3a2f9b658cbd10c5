using Akka.Event;
using TiMix.Base;

namespace TiMix.Actors.Entering;

/// <summary>Counts what is refused, and says it at most once a minute for each sender.</summary>
/// <param name="log">Takes the lines.</param>
internal sealed class Refusals(ILoggingAdapter log)
{
    private const int MostSenders = 256;
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(1);
    private readonly Dictionary<string, (long SaidAt, long Since)> _senders = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private long _count;

    /// <summary>So many since the node began.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>One more.</summary>
    /// <param name="sender">Whose it was; who comes when there are too many is one of the others.</param>
    /// <param name="why">A line.</param>
    public void Add(string sender, string why)
    {
        Interlocked.Increment(ref _count);
        long refused;
        lock (_lock)
        {
            var key = _senders.Count < MostSenders || _senders.ContainsKey(sender) ? sender : "others";
            var isKnown = _senders.TryGetValue(key, out var known);
            refused = known.Since + 1;
            var silent = isKnown && TimeProvider.System.GetElapsedTime(known.SaidAt) < Again;
            _senders[key] = silent ? (known.SaidAt, refused) : (TimeProvider.System.GetTimestamp(), 0);
            if (silent)
            {
                return;
            }
        }

        log.Warning("refused {0} message(s) of {1}; the last: {2}", refused, Printable.Of(sender), Printable.Of(why));
    }
}
