namespace TiMix.Protocol.Messages;

/// <summary>Trainer to trainer.</summary>
public static class StateMessages
{
    /// <summary>Asks for the whole state as of a step, if it is of this lineage.</summary>
    /// <param name="Generation">Of the view that it is for.</param>
    /// <param name="Step">Of which step; of no matter which if it is to be followed.</param>
    /// <param name="Lineage">The oldest generation whose states count.</param>
    /// <param name="Follow">Whether every <see cref="SumOffered"/> from that step on is wanted too, while the asked one trains.</param>
    public sealed record WantState(long Generation, long Step, long Lineage, bool Follow = false) : ITiMixMessage;

    /// <summary>The state, and XXH3 of all of it.</summary>
    public sealed record StateOffered(long Generation, long Step, string Hash, IContent State) : ITiMixMessage;

    /// <summary>The summed gradient of a step, from which whoever has the state before it makes the one after it.</summary>
    /// <param name="Generation">Of the view that it is for.</param>
    /// <param name="Step">Steps applied with it.</param>
    /// <param name="Hash">XXH3 of parameters and average afterwards.</param>
    /// <param name="Switch">Whether the view begins after this step.</param>
    /// <param name="Sum">[parameters].</param>
    public sealed record SumOffered(long Generation, long Step, string Hash, bool Switch, IContent Sum) : ITiMixMessage;
}
