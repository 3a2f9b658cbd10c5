using System.Globalization;
using System.Text.RegularExpressions;
using TiMix.Base;

namespace TiMix.Protocol.Faults;

/// <summary>
/// Faults by step, for tests and for whoever wants to see a run survive them: <c>kill:trainer@12,join@20,partition:trainer@50/3s</c>.
/// A value: taking the due ones gives another schedule.
/// </summary>
public sealed partial class FaultSchedule
{
    /// <summary>Roles that nodes have.</summary>
    public static readonly IReadOnlyList<string> Roles = ["trainer", "mixer", "loader", "evaluator", "coordinator"];

    private const string Example = "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33/5s,kill:coordinator@46,partition:trainer@50/3s";
    private static readonly TimeSpan UsualDuration = TimeSpan.FromSeconds(3);

    private FaultSchedule(IEnumerable<Fault> faults) => Faults = [.. faults.OrderBy(fault => fault.Step)];

    /// <summary>Nothing happens.</summary>
    public static FaultSchedule None { get; } = new([]);

    /// <summary>What is still to come, in order of steps; of one step, as written.</summary>
    public IReadOnlyList<Fault> Faults { get; }

    /// <summary>Reads a schedule.</summary>
    /// <exception cref="RunError">One line: which fault, what is wrong, what would be right.</exception>
    public static FaultSchedule Parse(string text) =>
        new(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseOne));

    /// <summary>A schedule drawn from a seed: the same seed gives the same faults.</summary>
    /// <param name="seed">Of the draw.</param>
    /// <param name="count">Faults.</param>
    /// <param name="first">Earliest step.</param>
    /// <param name="last">Latest step, not before <paramref name="first"/>.</param>
    /// <param name="trainers">Trainers that there are at the beginning and should not become much fewer.</param>
    public static FaultSchedule Random(ulong seed, int count, long first, long last, int trainers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(last, first);
        var draw = new RandomFaults(seed);
        var steps = Enumerable.Range(0, count).Select(_ => first + (long)(draw.NextUnit() * (last - first + 1))).Order().ToList();
        var (faults, there) = (new List<Fault>(), trainers);
        foreach (var step in steps)
        {
            var fault = draw.Next(step, there, trainers);
            there += fault.Kind switch { FaultKind.Join => 1, FaultKind.Drain => -1, _ => 0 };
            faults.Add(fault);
        }

        return new FaultSchedule(faults);
    }

    /// <summary>The faults that are due when a step was reported, and the schedule without them.</summary>
    public (IReadOnlyList<Fault> Due, FaultSchedule Later) Take(long step)
    {
        Fault[] due = [.. Faults.TakeWhile(fault => fault.Step <= step)];
        return due.Length == 0 ? (due, this) : (due, new FaultSchedule(Faults.Skip(due.Length)));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(',', Faults);

    private static Fault ParseOne(string text)
    {
        RunError Wrong(string what) => new($"--faults: \"{text}\" {what}; an example that is right: {Example}.");

        var match = Shape().Match(text);
        if (!match.Success)
        {
            throw Wrong("is not kind:target@step or kind:target@step/duration");
        }

        if (!Enum.GetValues<FaultKind>().Any(known => Fault.WordOf(known) == match.Groups["kind"].Value))
        {
            throw Wrong($"is of no known kind: it must be one of {string.Join(", ", Enum.GetValues<FaultKind>().Select(Fault.WordOf))}");
        }

        var kind = Enum.GetValues<FaultKind>().Single(known => Fault.WordOf(known) == match.Groups["kind"].Value);
        if (!long.TryParse(match.Groups["step"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var step) || step < 1)
        {
            throw Wrong("needs a step from 1 up");
        }

        var duration = DurationOf(match, kind) ?? throw Wrong("has a duration that is too long, or not larger than 0; an hour is the most");
        var target = match.Groups["target"].Value;
        if (kind == FaultKind.Join)
        {
            return target is "" or "trainer" && duration == TimeSpan.Zero
                ? new Fault(kind, "trainer", step, duration)
                : throw Wrong("is a join, which takes a step only, as in join@20");
        }

        if (WhatIsWrong(kind, target, duration) is { } wrong)
        {
            throw Wrong(wrong);
        }

        return new Fault(kind, target, step, duration);
    }

    private static string? WhatIsWrong(FaultKind kind, string target, TimeSpan duration)
    {
        var role = target.Split('-')[0];
        return target == "" ? $"does not say whom: a role ({string.Join(", ", Roles)}) or a node, such as trainer-2"
            : target == Fault.All && kind != FaultKind.Kill ? "is for all nodes, which only kill can be"
            : target != Fault.All && !Roles.Contains(role)
                ? $"is for \"{target}\"; it must be a role ({string.Join(", ", Roles)}), a node such as trainer-2, or, with kill, all"
            : (kind is FaultKind.Drain or FaultKind.Partition or FaultKind.Flip || Fault.IsALie(kind)) && role != "trainer"
                ? $"is for \"{target}\"; only a trainer can be the target of {Fault.WordOf(kind)}"
            : kind == FaultKind.Hang && role != "trainer" && duration == TimeSpan.Zero
                ? $"never ends, and nobody misses a {role} that hangs; give a duration, as in hang:{target}@33/5s"
            : (kind is FaultKind.Kill or FaultKind.Drain or FaultKind.Flip || Fault.IsALie(kind)) && duration != TimeSpan.Zero
                ? $"has a duration; {Fault.WordOf(kind)} takes none"
            : null;
    }

    /// <summary>Null: out of range.</summary>
    private static TimeSpan? DurationOf(Match match, FaultKind kind)
    {
        if (!match.Groups["amount"].Success)
        {
            return kind == FaultKind.Partition ? UsualDuration : TimeSpan.Zero;
        }

        var amount = double.Parse(match.Groups["amount"].Value, CultureInfo.InvariantCulture);
        var seconds = amount * match.Groups["unit"].Value switch { "ms" => 0.001, "m" => 60, _ => 1 };
        return seconds is > 0 and <= 3600 ? TimeSpan.FromSeconds(seconds) : null;
    }

    [GeneratedRegex(@"^(?<kind>[a-z]+)(:(?<target>[a-z0-9-]*))?@(?<step>[0-9]+)(/(?<amount>[0-9]+(\.[0-9]+)?)(?<unit>ms|s|m))?$")]
    private static partial Regex Shape();
}
