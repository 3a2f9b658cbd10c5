namespace TiMix.Learning.Objectives;

/// <summary>The objectives that there are. A new one is a class of its own and a line here.</summary>
public static class KnownObjectives
{
    /// <summary>In the order in which they are computed, added up and reported.</summary>
    public static IReadOnlyList<Objective> All { get; } =
    [
        new AlignmentObjective(),
        new MatchingObjective(),
        new MaskedWordsObjective(),
        new WrittenWordsObjective(),
    ];

    /// <summary>Names of the losses in a report, those of <see cref="ContrastiveObjective"/> first.</summary>
    public static IReadOnlyList<string> Losses { get; } = [ContrastiveObjective.Itc, ContrastiveObjective.Mix, .. All.Select(objective => objective.Name)];

    /// <summary>Name of the share that was right, of an objective that reports it.</summary>
    /// <param name="loss">Name of the loss.</param>
    public static string AccuracyOf(string loss) => loss + "Accuracy";
}
