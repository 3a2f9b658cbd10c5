using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The shell of a coordinator, with its monitor: a journal that takes its time, and may be cut off in the middle of it.</summary>
internal sealed class CoordinatorShell : SimulatedActor
{
    private readonly CoordinatorHost _host;
    private readonly MonitorShell _monitor;
    private readonly HashSet<string> _watched = new(StringComparer.Ordinal);
    private int _known;

    public CoordinatorShell(CoordinatorHost host, string address)
        : base(host.Process, address)
    {
        _host = host;
        _monitor = new MonitorShell(this, address + "/monitor");
        Process.Add(_monitor);
        Core = new CoordinatorCore(Cluster.TaskOf(host.GoOn));
        foreach (var happened in Cluster.Journal.Events)
        {
            Core.Replay(happened);
            _known++;
        }

        Tell(new Recovered());
        Every((int)CoordinatorCore.TickInterval, () => Tell(Tick.Instance));
    }

    public CoordinatorCore Core { get; }

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message) => Tell(new Received(from, message));

    /// <inheritdoc/>
    public override void Died()
    {
        base.Died();
        _monitor.Died();
    }

    /// <summary>What its monitor says.</summary>
    public void Hear(IInput input) => Tell(input);

    /// <summary>An actor lives no more; those who watch it hear of that when the cluster has found out.</summary>
    public void HearGone(string address)
    {
        if (_watched.Remove(address))
        {
            Tell(new Gone(address));
        }
    }

    private void Tell(IInput input)
    {
        if (!Alive)
        {
            return;
        }

        foreach (var effect in Core.Handle(input, Cluster.Time.Now))
        {
            if (Alive)
            {
                Do(effect);
            }
        }
    }

    private void Do(IEffect effect)
    {
        switch (effect)
        {
            case Send send:
                Cluster.Statistics.Orders += send.Message is TrainerOrders.IOrder ? 1 : 0;
                Say(send.To, send.Message);
                break;
            case Journal journal:
                Persist(journal.Events);
                break;
            case Watch watch:
                _watched.Add(watch.Address);
                break;
            case Publish publish:
                _monitor.Keep(publish.Message, publish.Lookers);
                break;
            case RecordStep record:
                _monitor.Add(record.From, record.Step);
                break;
            case FindSnapshots:
                Later(Cluster.Chance.Between(0, 20), () => Tell(new SnapshotsFound(Cluster.Disk.Find())));
                break;
            case LookForSnapshot look:
                Later(Cluster.Chance.Between(0, 20), () => Tell(new SnapshotLooked(look.Directory, Cluster.Disk.FingerprintOf(look.Directory))));
                break;
            case DeleteDiscarded delete:
                foreach (var directory in delete.Directories)
                {
                    Cluster.Disk.Delete(directory);
                }

                break;
            case PruneSnapshots prune:
                Cluster.Disk.Prune(prune.Keep);
                break;
            case NoteBegun:
                _host.GoOn = false;
                break;
            case StepDown:
                Died();
                _host.CoordinatorEnded();
                break;
            default:
                throw new SimulationFailure($"Nobody knows how to do {effect}.");
        }
    }

    /// <summary>A crash in the middle leaves the events in the journal, or does not.</summary>
    private void Persist(IReadOnlyList<CoordinatorEvents.IEvent> events)
    {
        Cluster.Reach(Point.Persisting, Process);
        if (!Alive)
        {
            Append(events, half: true);
            return;
        }

        // Not of the process: what is on its way to the journal arrives whatever becomes of who sent it.
        Cluster.Time.After(Cluster.Chance.Between(0, 5), () =>
        {
            if (!Append(events, half: !Alive))
            {
                Later(0, () => Tell(new JournalRefused("refused")));
                return;
            }

            if (events.Any(happened => happened is CoordinatorEvents.ViewProposed))
            {
                Cluster.Reach(Point.Proposed, Process);
            }
            else if (events.Any(happened => happened is CoordinatorEvents.ViewInstalled))
            {
                Cluster.Reach(Point.Installed, Process);
            }

            Later(0, () => Tell(new Journaled()));
        });
    }

    private bool Append(IReadOnlyList<CoordinatorEvents.IEvent> events, bool half)
    {
        var known = _known == Cluster.Journal.Events.Count;
        if ((half && Cluster.Chance.Of(0.5)) || !Cluster.Journal.Append(_host.Writer, events))
        {
            return false;
        }

        _known += events.Count;
        return known ? true : throw new SimulationFailure($"{Address} has written without knowing all that was in the journal.");
    }
}
