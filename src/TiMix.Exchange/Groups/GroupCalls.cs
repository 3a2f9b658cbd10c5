using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Groups;

/// <summary>
/// The calls of a group: one at a time, numbered alike in all members, none before the group stands. What a call does is for
/// <see cref="GatherCalls"/> and <see cref="AllReduceCalls"/>.
/// </summary>
internal sealed class GroupCalls(Group group) : IDisposable
{
    private readonly GatherCalls _gathers = new(group);

    public AllReduceCalls Sums { get; } = new(group);

    /// <summary>Number of the call that is being made, or was last; under <see cref="Group.Sync"/>.</summary>
    public uint Number { get; private set; }

    /// <summary>A call is being made; under <see cref="Group.Sync"/>.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>How many calls have been made to their end; under <see cref="Group.Sync"/>.</summary>
    public uint Completed => IsBusy ? Number - 1 : Number;

    public IReadOnlyList<Part> Gather(long step, uint flags, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > group.Options.MaxFrameBytes)
        {
            throw new ArgumentException($"A gather of {payload.Length} bytes; MaxFrameBytes allows {group.Options.MaxFrameBytes}.", nameof(payload));
        }

        Begin();
        try
        {
            return _gathers.Run(step, flags, payload);
        }
        finally
        {
            End();
        }
    }

    public void AllReduce(long step, IReadOnlyList<PartialSum> parts, Span<float> sum)
    {
        Sums.Check(parts, sum.Length);
        Begin();
        try
        {
            Sums.Run(step, parts, sum);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Waits until no thread makes a call; the group has ended before, so that one being made ends at once.</summary>
    public void AwaitIdle()
    {
        lock (group.Sync)
        {
            while (IsBusy)
            {
                Monitor.Wait(group.Sync);
            }
        }
    }

    /// <summary>Frees the memory of the calls; no thread may be in one.</summary>
    public void Dispose()
    {
        _gathers.Dispose();
        Sums.Dispose();
    }

    private void Begin()
    {
        lock (group.Sync)
        {
            if (IsBusy)
            {
                throw new InvalidOperationException("A call on the group is being made by another thread.");
            }

            while (!group.Connection.IsStanding)
            {
                group.ThrowIfBroken();
                Monitor.Wait(group.Sync);
            }

            group.ThrowIfBroken();
            IsBusy = true;
            Number++;
            _gathers.Release();
            Monitor.PulseAll(group.Sync);
        }
    }

    private void End()
    {
        lock (group.Sync)
        {
            IsBusy = false;
            Monitor.PulseAll(group.Sync);
        }
    }
}
