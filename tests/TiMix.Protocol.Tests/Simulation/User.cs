using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Whoever started the run: looks at it now and then, and says again what has not been followed.</summary>
internal sealed class User : SimulatedActor
{
    private const int LookEvery = 500;

    public User(SimulatedProcess process)
        : base(process, "user") => Later(Cluster.Chance.Between(0, 100), () => Every(LookEvery, Look));

    /// <summary>Wants the run to end with a snapshot for now.</summary>
    public bool WantsStop { get; set; }

    /// <summary>Wants everybody to hold still.</summary>
    public bool WantsPause { get; set; }

    /// <summary>Answers that have come.</summary>
    public List<CoordinatorAnswer> Answers { get; } = [];

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message)
    {
        if (message is CoordinatorCommands.Answer answer)
        {
            Cluster.Log?.Add($"user ← {answer.What}");
            Answers.Add(answer.What);
        }
    }

    /// <summary>Says a wish.</summary>
    public void Want(CoordinatorCommands.ICommand wish)
    {
        Cluster.Log?.Add($"user: {wish}");
        Say(Network.Coordinator, wish);
    }

    private void Look()
    {
        var run = Cluster.Journal.Run;
        if (run.Status == RunStatus.Stopped)
        {
            if (!WantsStop && Cluster.Session.IsOver)
            {
                Cluster.Resume();
            }
        }
        else if (Cluster.Session.IsOver)
        {
            Cluster.ResumeLater();
        }
        else if (run.Status == RunStatus.Running && WantsStop)
        {
            Cluster.Session.Stop();
        }
        else if (run.Status == RunStatus.Running && WantsPause != run.Paused)
        {
            Want(WantsPause ? new CoordinatorCommands.PauseRun() : new CoordinatorCommands.ContinueRun());
        }
    }
}
