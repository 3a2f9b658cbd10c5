namespace TiMix.Protocol.Values;

/// <summary>What a run is at, for whoever looks on.</summary>
public abstract record RunPhase
{
    private RunPhase()
    {
    }

    /// <summary>Nothing has been seen of it yet.</summary>
    public sealed record Starting : RunPhase;

    /// <summary>It is there, and nobody has said what it is at.</summary>
    public sealed record Preparing : RunPhase;

    /// <summary>The sample corpus is composed.</summary>
    public sealed record ComposingSample : RunPhase;

    /// <summary>The sample corpus's tasks are composed.</summary>
    public sealed record ComposingTasks : RunPhase;

    /// <summary>So many nodes are started.</summary>
    public sealed record StartingNodes(int Nodes) : RunPhase;

    /// <summary>Steps are computed.</summary>
    public sealed record Training : RunPhase;

    /// <summary>Everybody holds still.</summary>
    public sealed record Paused : RunPhase;

    /// <summary>All steps are done; what is left to do is to evaluate.</summary>
    public sealed record Evaluating : RunPhase;

    /// <summary>It ends after the step that is computed.</summary>
    public sealed record Stopping : RunPhase;
}
