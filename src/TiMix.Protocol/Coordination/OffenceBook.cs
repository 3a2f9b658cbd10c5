using System.Collections.Immutable;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>Something that a node did.</summary>
/// <param name="Kind">What.</param>
/// <param name="Step">Steps applied before it.</param>
/// <param name="MicroBatches">Those that are concerned.</param>
/// <param name="Generation">Of the view.</param>
public sealed record Offence(OffenceKind Kind, long Step, IReadOnlyList<int> MicroBatches, long Generation);

/// <summary>How often two nodes have said different things.</summary>
/// <param name="First">The one with the smaller name.</param>
/// <param name="Second">The other.</param>
/// <param name="Count">In all.</param>
/// <param name="BeforeOthers">In views with a third trainer.</param>
/// <param name="OfStates">About states that differed.</param>
/// <param name="Accused">Whom the last one was about.</param>
public sealed record Disagreement(string First, string Second, int Count, int BeforeOthers, int OfStates, string Accused)
{
    /// <summary>Why the run cannot go on with them.</summary>
    public string Words => OfStates == Count
        ? $"{First} and {Second} had other weights than each other {Count} times, and of two nobody can tell who is right; "
            + "resume with a third trainer, or with one of them"
        : $"{First} and {Second} blamed each other {Count} times, and of two nobody can tell who is right; resume with a third trainer";

    /// <summary>Who said so.</summary>
    public string Accuser => Accused == First ? Second : First;

    /// <summary>Whether a node is one of the two.</summary>
    public bool Concerns(string node) => First == node || Second == node;
}

/// <summary>
/// What nodes have done to the run, as the journal has it, and who is guilty. It rests on one assumption: at any time one node at
/// most is bad. So what more than half of the others say of a trainer is true, as is what it says of itself; of two who say different
/// things one lies, and nobody knows which. Honest nodes disagree with the bad one alone: whoever disagrees with two is the bad one.
/// </summary>
public sealed record OffenceBook
{
    /// <summary>Nothing has been done.</summary>
    public static OffenceBook Empty { get; } = new();

    /// <summary>By node, oldest first.</summary>
    public ImmutableSortedDictionary<string, ImmutableList<Offence>> Offences { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableList<Offence>>(StringComparer.Ordinal);

    /// <summary>By both names.</summary>
    public ImmutableSortedDictionary<string, Disagreement> Disagreements { get; init; } =
        ImmutableSortedDictionary.Create<string, Disagreement>(StringComparer.Ordinal);

    /// <summary>What trainers of this generation and older ones say of each other has been judged.</summary>
    public long Judged { get; init; }

    /// <summary>The book after an event.</summary>
    public OffenceBook Note(TrainerCharged charged) =>
        Add(charged.Node, new Offence(charged.Kind, charged.Step, charged.MicroBatches, charged.Generation)) with { Judged = charged.Generation };

    /// <summary>The book after an event.</summary>
    public OffenceBook Note(NodesDisagreed disagreed)
    {
        var (first, second) = string.CompareOrdinal(disagreed.Node, disagreed.Other) < 0
            ? (disagreed.Node, disagreed.Other) : (disagreed.Other, disagreed.Node);
        var old = Disagreements.GetValueOrDefault($"{first} {second}") ?? new Disagreement(first, second, 0, 0, 0, disagreed.Other);
        return this with
        {
            Judged = disagreed.Generation,
            Disagreements = Disagreements.SetItem($"{first} {second}", old with
            {
                Count = old.Count + 1,
                BeforeOthers = old.BeforeOthers + (disagreed.OfTwo ? 0 : 1),
                OfStates = old.OfStates + (disagreed.States ? 1 : 0),
                Accused = disagreed.Other,
            }),
        };
    }

    /// <summary>The book after a node had another state than most, as it said itself.</summary>
    public OffenceBook NoteDivergence(string node, long step, long generation) => Add(node, new Offence(OffenceKind.OtherState, step, [], generation));

    /// <summary>The book after a trainer stood still.</summary>
    public OffenceBook NoteStuck(string node, long step, long generation) => Add(node, new Offence(OffenceKind.Stuck, step, [], generation));

    /// <summary>Whether a node is not taken in any more.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="limit">Offences that are forgiven, and one; what no honest trainer can do is never forgiven.</param>
    public bool IsGuilty(string node, int limit)
    {
        if (Offences.TryGetValue(node, out var done) && (done.Count >= limit || done.Exists(offence => offence.Kind == OffenceKind.Malformed)))
        {
            return true;
        }

        var with = Disagreements.Values.Where(disagreement => disagreement.Concerns(node)).ToList();
        return with.Count > 1 && with.Sum(disagreement => disagreement.Count) >= limit;
    }

    /// <summary>
    /// Whether a node has spoilt the step that is to be computed next: others do it. One that had another state takes theirs over, and that is all.
    /// </summary>
    /// <param name="node">Its name.</param>
    /// <param name="applied">Steps applied.</param>
    public bool IsAside(string node, long applied) =>
        Offences.TryGetValue(node, out var done)
        && done.Exists(offence => offence.Kind is not (OffenceKind.Stuck or OffenceKind.OtherState) && offence.Step >= applied);

    /// <summary>
    /// Whether somebody else's part of that step was not finite either, of some of the same micro-batches: so it is the step's own arithmetic.
    /// </summary>
    public bool WasNotFiniteElsewhere(string node, long step, IReadOnlyList<int> microBatches) => Offences.Any(
        other => other.Key != node && other.Value.Exists(
            offence => offence.Kind is OffenceKind.NotFinite or OffenceKind.SumNotFinite && offence.Step == step
                && offence.MicroBatches.Intersect(microBatches).Any()));

    /// <summary>
    /// Those of some nodes who may train together. Of two who disagree again and again one stays out: the one that was accused where there are
    /// only two, since it may compute what it is accused of; before others the one that accuses, so that slander leads nowhere, and whoever is
    /// accused with reason soon disagrees with another one.
    /// </summary>
    public IReadOnlyList<T> Separate<T>(IReadOnlyList<T> candidates, Func<T, string> nodeOf)
    {
        const int Patience = 2;
        var stay = candidates.ToList();
        foreach (var pair in Disagreements.Values.Where(pair => pair.Count >= Patience && pair.OfStates < pair.Count))
        {
            if (stay.Count(candidate => pair.Concerns(nodeOf(candidate))) == 2 && (stay.Count == 2 || pair.BeforeOthers >= Patience))
            {
                var goes = stay.Count == 2 ? pair.Accused : pair.Accuser;
                stay = stay.FindAll(candidate => nodeOf(candidate) != goes);
            }
        }

        return stay;
    }

    private OffenceBook Add(string node, Offence offence)
    {
        var old = Offences.GetValueOrDefault(node) ?? [];

        // What was said in a gather shows again in the states: one deed.
        return old.Exists(known => known.Generation == offence.Generation && known.Kind == offence.Kind)
            ? this
            : this with { Offences = Offences.SetItem(node, old.Add(offence)) };
    }
}
