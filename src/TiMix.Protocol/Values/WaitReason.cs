namespace TiMix.Protocol.Values;

/// <summary>What a run may wait for.</summary>
public enum WaitKind
{
    /// <summary>A trainer of the view has not been heard of since the coordinator started.</summary>
    MemberUnheard,

    /// <summary>More trainers, before it begins.</summary>
    Gathering,

    /// <summary>As many trainers as a view needs.</summary>
    TooFew,

    /// <summary>A loader.</summary>
    NoLoader,

    /// <summary>A mixer.</summary>
    NoMixer,

    /// <summary>All steps are done: an evaluator.</summary>
    NoEvaluator,
}

/// <summary>Why nothing goes on.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Here">Trainers that are here.</param>
/// <param name="Wanted">Trainers that are wanted.</param>
public sealed record WaitReason(WaitKind Kind, int Here = 0, int Wanted = 0)
{
    /// <summary>Whether trainers have what they need of each other, and nobody serves them.</summary>
    public bool IsForHelpers => Kind is WaitKind.NoLoader or WaitKind.NoMixer or WaitKind.NoEvaluator;

    /// <summary>In words, as a user reads them.</summary>
    public override string ToString() => Kind switch
    {
        WaitKind.MemberUnheard => "a trainer of the view has not been heard of yet",
        WaitKind.Gathering => FormattableString.Invariant($"{Here} of {Wanted} trainers are here"),
        WaitKind.NoLoader => "no loader is there",
        WaitKind.NoMixer => "no mixer is there",
        WaitKind.NoEvaluator => "all steps are done, and no evaluator is there",
        _ => FormattableString.Invariant($"{Here} trainers are here, {Wanted} are needed"),
    };
}
