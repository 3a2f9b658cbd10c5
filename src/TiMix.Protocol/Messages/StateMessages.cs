namespace TiMix.Protocol.Messages;

/// <summary>Trainer to trainer, while neither computes.</summary>
public static class StateMessages
{
    /// <summary>Asks for the whole state as of a step, if it is of this lineage.</summary>
    public sealed record WantState(long Generation, long Step, long Lineage) : ITiMixMessage;

    /// <summary>The state, and XXH3 of all of it.</summary>
    public sealed record StateOffered(long Generation, long Step, string Hash, IContent State) : ITiMixMessage;
}
