namespace TiMix.Protocol.Training;

/// <summary>A micro-batch of a step.</summary>
public readonly record struct MicroBatchKey(long Step, int MicroBatch);

/// <summary>
/// Which micro-batches a trainer has, which are on order, and which to order next: those of its share for the current step and
/// a bounded number beyond. What a micro-batch holds does not depend on the view, so those that are here stay when the view
/// changes.
/// </summary>
/// <param name="steps">Steps of the whole run.</param>
/// <param name="prefetch">Micro-batches to have beyond the current step.</param>
/// <typeparam name="T">A micro-batch that is here.</typeparam>
public sealed class MicroBatchQueue<T>(long steps, int prefetch)
    where T : class
{
    private sealed class Slot
    {
        public T? Here { get; set; }

        public bool Fetching { get; set; }

        public int Asked { get; set; }

        public long AskedAt { get; set; }
    }

    private readonly SortedDictionary<(long Step, int MicroBatch), Slot> _slots = [];
    private int _first;
    private int _count;
    private long _step;

    /// <summary>What this trainer computes from now on.</summary>
    public void Assign(int first, int count, long step)
    {
        (_first, _count, _step) = (first, count, step);
        foreach (var key in _slots.Keys.Where(key => key.Step < step || key.MicroBatch < first || key.MicroBatch >= first + count).ToList())
        {
            _slots.Remove(key);
        }
    }

    /// <summary>Steps before this one are applied.</summary>
    public void Advance(long step) => Assign(_first, _count, step);

    /// <summary>Forgets everything: the lineage has changed, and with it what teachers say.</summary>
    public void Clear() => _slots.Clear();

    /// <summary>What to order now, with the number of times it has been ordered before.</summary>
    /// <param name="now">Milliseconds of any clock.</param>
    /// <param name="again">Order anew what has not come for so many milliseconds; 0: all of it.</param>
    public IReadOnlyList<(MicroBatchKey Key, int Attempt)> ToOrder(long now, long again)
    {
        var orders = new List<(MicroBatchKey, int)>();
        if (_count == 0)
        {
            return orders;
        }

        for (var ahead = 0; ahead < _count + prefetch; ahead++)
        {
            var key = (Step: _step + (ahead / _count), MicroBatch: _first + (ahead % _count));
            if (key.Step >= steps)
            {
                break;
            }

            if (!_slots.TryGetValue(key, out var slot))
            {
                _slots.Add(key, slot = new Slot());
            }
            else if (slot.Here is not null || slot.Fetching || (slot.Asked > 0 && now - slot.AskedAt < again))
            {
                continue;
            }

            slot.AskedAt = now;
            orders.Add((new MicroBatchKey(key.Step, key.MicroBatch), slot.Asked++));
        }

        return orders;
    }

    /// <summary>A mixer has answered; true if the answer is wanted and has to be fetched.</summary>
    public bool Answered(MicroBatchKey key)
    {
        if (!_slots.TryGetValue((key.Step, key.MicroBatch), out var slot) || slot.Here is not null || slot.Fetching)
        {
            return false;
        }

        return slot.Fetching = true;
    }

    /// <summary>It has been fetched; null: it was gone, and is ordered anew.</summary>
    public void Fetched(MicroBatchKey key, T? prepared)
    {
        if (_slots.TryGetValue((key.Step, key.MicroBatch), out var slot))
        {
            (slot.Fetching, slot.Here) = (false, prepared ?? slot.Here);
            slot.AskedAt = prepared is null ? 0 : slot.AskedAt;
        }
    }

    /// <summary>All micro-batches of this trainer for the current step, ascending; null: some are missing.</summary>
    public IReadOnlyList<T>? Current()
    {
        var here = new List<T>();
        for (var m = _first; m < _first + _count; m++)
        {
            if (!_slots.TryGetValue((_step, m), out var slot) || slot.Here is not { } prepared)
            {
                return null;
            }

            here.Add(prepared);
        }

        return here;
    }
}
