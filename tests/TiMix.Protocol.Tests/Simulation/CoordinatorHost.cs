using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>A node that may be the coordinator: the shell of a coordinator's guard, as far as the cluster has made it the singleton.</summary>
internal sealed class CoordinatorHost(SimulatedProcess process, string address) : SimulatedActor(process, address)
{
    private const int TickInterval = 200;
    private readonly GuardCore _core = new();
    private int _lives;

    /// <summary>The one that is at work here; null: none is.</summary>
    public CoordinatorShell? Coordinator { get; private set; }

    /// <summary>Names this process to the journal.</summary>
    public string Writer => Address;

    /// <summary>Whether a run that the journal knows is gone on with by the coordinator of this process.</summary>
    public bool GoOn { get; set; }

    /// <summary>The cluster takes this node for dead.</summary>
    public bool PutOut { get; set; }

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message) => Coordinator?.Receive(from, message);

    /// <inheritdoc/>
    public override void Died()
    {
        base.Died();
        Cluster.Coordinators.Ended(this);
    }

    /// <summary>The cluster makes this node the coordinator.</summary>
    public void Lead() => Every(TickInterval, () => Tell(Tick.Instance));

    /// <summary>The coordinator has stepped down.</summary>
    public void CoordinatorEnded()
    {
        Coordinator = null;
        Later(0, () => Tell(new GuardInputs.CoordinatorStopped()));
    }

    private void Tell(IInput input)
    {
        foreach (var effect in _core.Handle(input, Cluster.Time.Now))
        {
            switch (effect)
            {
                case GuardEffects.TakeTerm:
                    Later(Cluster.Chance.Between(1, 20), () => Ask(take: true));
                    break;
                case GuardEffects.ConfirmTerm:
                    Later(Cluster.Chance.Between(1, 20), () => Ask(take: false));
                    break;
                case GuardEffects.StartCoordinator:
                    Coordinator = new CoordinatorShell(this, $"{Address}/coordinator#{++_lives}");
                    Process.Add(Coordinator);
                    break;
                case GuardEffects.StepDown:
                    Process.End(1);
                    return;
                case GuardEffects.Say say:
                    Cluster.Log?.Add($"{Process.Node}: {say.Notice}");
                    break;
                default:
                    throw new SimulationFailure($"Nobody knows how to do {effect}.");
            }
        }
    }

    private void Ask(bool take)
    {
        if (Cluster.Journal.IsAway)
        {
            Tell(new GuardInputs.JournalUnreachable("no route"));
            return;
        }

        if (take)
        {
            Cluster.Journal.Take(Writer);
        }

        Tell(Cluster.Journal.Writer == Writer ? new GuardInputs.TermHeld() : new GuardInputs.TermHeldBy("another"));
    }
}
