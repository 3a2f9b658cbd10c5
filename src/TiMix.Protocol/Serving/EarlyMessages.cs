using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Serving;

/// <summary>
/// What trainers say to a mixer before it has heard that they, or the view they are in, are there: it waits for the next roster, but not long, and not in
/// any number.
/// </summary>
internal sealed class EarlyMessages
{
    private const int Most = 1024;
    private const long Patience = 5_000;
    private readonly Queue<(Received Message, long At)> _waiting = new();

    /// <summary>Keeps one.</summary>
    /// <param name="message">Whose sender or lineage is not known.</param>
    /// <param name="at">Milliseconds.</param>
    public void Keep(Received message, long at)
    {
        if (_waiting.Count == Most)
        {
            _waiting.Dequeue();
        }

        _waiting.Enqueue((message, at));
    }

    /// <summary>Takes all of them.</summary>
    /// <param name="now">Milliseconds.</param>
    /// <returns>Those that have not waited for too long.</returns>
    public IReadOnlyList<(Received Message, long At)> TakeAll(long now)
    {
        (Received Message, long At)[] all = [.. _waiting.Where(early => now - early.At <= Patience)];
        _waiting.Clear();
        return all;
    }
}
