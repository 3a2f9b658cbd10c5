using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// Which micro-batches a trainer has, which are on order, and which to order next: those of its share for the current step and
/// a bounded number beyond. What a micro-batch holds does not depend on the view, so those that are here stay when the view
/// changes.
/// </summary>
/// <param name="steps">Steps of the whole run.</param>
/// <param name="prefetch">Micro-batches to have beyond the current step.</param>
public sealed class MicroBatchQueue(long steps, int prefetch)
{
    private sealed class Slot
    {
        public bool Here { get; set; }

        public bool Fetching { get; set; }

        public int Asked { get; set; }

        /// <summary>Null: it is to be asked for at once.</summary>
        public long? AskedAt { get; set; }
    }

    private readonly SortedDictionary<(long Step, int MicroBatch), Slot> _slots = [];
    private int _first;
    private int _count;
    private int _nextFirst;
    private int _nextCount;
    private long _step;

    /// <summary>This trainer's micro-batches of the current step, ascending.</summary>
    public IReadOnlyList<MicroBatchKey> Current => [.. Enumerable.Range(_first, _count).Select(microBatch => new MicroBatchKey(_step, microBatch))];

    /// <summary>Whether all of them are here.</summary>
    public bool IsCurrentHere => Enumerable.Range(_first, _count).All(microBatch => _slots.TryGetValue((_step, microBatch), out var slot) && slot.Here);

    /// <summary>What this trainer computes from now on, and nothing else.</summary>
    /// <returns>Those that were here and are not wanted any more.</returns>
    public IReadOnlyList<MicroBatchKey> Assign(int first, int count, long step)
    {
        (_first, _count, _nextFirst, _nextCount, _step) = (first, count, 0, 0, step);
        return RemoveUnwanted();
    }

    /// <summary>What it is going to compute after one of the next steps, besides what it computes now; a count of 0: nothing else.</summary>
    /// <returns>Those that were here and are not wanted any more.</returns>
    public IReadOnlyList<MicroBatchKey> Expect(int first, int count)
    {
        (_nextFirst, _nextCount) = (first, count);
        return RemoveUnwanted();
    }

    /// <summary>Steps before this one are applied.</summary>
    /// <returns>Those that were here and are not wanted any more.</returns>
    public IReadOnlyList<MicroBatchKey> Advance(long step)
    {
        _step = step;
        return RemoveUnwanted();
    }

    /// <summary>Forgets everything: the lineage has changed, and with it what teachers say.</summary>
    /// <returns>Those that were here.</returns>
    public IReadOnlyList<MicroBatchKey> Clear() => Remove(_ => true);

    /// <summary>What to order now, with the number of times it has been ordered before.</summary>
    /// <param name="now">Milliseconds of any one clock.</param>
    /// <param name="again">Order anew what has not come for so many milliseconds; 0: all of it.</param>
    /// <returns>Those of the next view are marked.</returns>
    public IReadOnlyList<(MicroBatchKey Key, int Attempt, bool Ahead)> ToOrder(long now, long again)
    {
        var orders = new List<(MicroBatchKey, int, bool)>();
        foreach (var key in Wanted(_first, _count, _step).Concat(Wanted(_nextFirst, _nextCount, _step + 1)))
        {
            if (!_slots.TryGetValue(key, out var slot))
            {
                _slots.Add(key, slot = new Slot());
            }
            else if (slot.Here || slot.Fetching || now - slot.AskedAt < again)
            {
                continue;
            }

            slot.AskedAt = now;
            orders.Add((new MicroBatchKey(key.Step, key.MicroBatch), slot.Asked++, !IsIn(key.MicroBatch, _first, _count)));
        }

        return orders;
    }

    /// <summary>A mixer has answered; true if the answer is wanted and has to be fetched.</summary>
    public bool Answered(MicroBatchKey key) =>
        _slots.TryGetValue((key.Step, key.MicroBatch), out var slot) && slot is { Here: false, Fetching: false } && (slot.Fetching = true);

    /// <summary>It has been fetched, or it was gone and is ordered anew; false if nobody wants it any more.</summary>
    public bool Fetched(MicroBatchKey key, bool here)
    {
        if (!_slots.TryGetValue((key.Step, key.MicroBatch), out var slot))
        {
            return false;
        }

        (slot.Fetching, slot.Here) = (false, here || slot.Here);
        slot.AskedAt = slot.Here ? slot.AskedAt : null;
        return true;
    }

    private IEnumerable<(long Step, int MicroBatch)> Wanted(int first, int count, long from) => count == 0 ? []
        : Enumerable.Range(0, count + prefetch).Select(ahead => (Step: from + (ahead / count), MicroBatch: first + (ahead % count)))
            .Where(key => key.Step < steps);

    private List<MicroBatchKey> RemoveUnwanted() => Remove(key => key.Step < _step
        || !(IsIn(key.MicroBatch, _first, _count) || IsIn(key.MicroBatch, _nextFirst, _nextCount)));

    private static bool IsIn(int microBatch, int first, int count) => microBatch >= first && microBatch < first + count;

    private List<MicroBatchKey> Remove(Func<(long Step, int MicroBatch), bool> which)
    {
        var here = new List<MicroBatchKey>();
        foreach (var (key, slot) in _slots.Where(pair => which(pair.Key)).ToList())
        {
            _slots.Remove(key);
            if (slot.Here)
            {
                here.Add(new MicroBatchKey(key.Step, key.MicroBatch));
            }
        }

        return here;
    }
}
