using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>What a trainer holds against whom when the states that a step begins with are not all the same.</summary>
public static class StateVotes
{
    /// <summary>
    /// Those who do not have the state that more than half have, this trainer itself if it is one of them. Where no state has more than
    /// half, those who do not have its own.
    /// </summary>
    /// <typeparam name="T">Says which state it is.</typeparam>
    /// <param name="view">Who takes part.</param>
    /// <param name="states">In the view's order.</param>
    /// <param name="self">The trainer that looks.</param>
    /// <param name="step">Steps applied.</param>
    public static IReadOnlyList<Accusation> Against<T>(View view, IReadOnlyList<T> states, string self, long step)
        where T : notnull
    {
        var most = states.GroupBy(state => state).MaxBy(group => group.Count())!;
        var right = 2 * most.Count() > states.Count ? most.Key : states[view.PlaceOf(self)];
        return
        [
            .. view.Shares.Where((_, place) => !states[place].Equals(right)).Select(
                share => new Accusation(share.Trainer, OffenceKind.OtherState, step, [], $"{share.Node} had another state after step {step}")),
        ];
    }
}
