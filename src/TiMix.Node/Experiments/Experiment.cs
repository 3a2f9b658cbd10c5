using TiMix.Base;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Experiments;

/// <summary>One way to learn that is compared with others.</summary>
/// <param name="Name">Short; part of its runs' names.</param>
/// <param name="Settings">key=value each, on top of what all arms have in common.</param>
/// <param name="Cost">Work of a step averaged over the run, in any unit that all arms share; null: not declared.</param>
internal sealed record Arm(string Name, IReadOnlyList<string> Settings, double? Cost);

/// <summary>A comparison: arm minus baseline.</summary>
internal sealed record Contrast(string Arm, string Baseline);

/// <summary>Arms at several parts of the data.</summary>
/// <param name="Fractions">Parts of the training samples, the main one not among them.</param>
/// <param name="Arms">Which arms.</param>
/// <param name="Seeds">Which seeds.</param>
internal sealed record DataCurve(IReadOnlyList<double> Fractions, IReadOnlyList<string> Arms, IReadOnlyList<ulong> Seeds);

/// <summary>Arms at as much work as the reference does in the base recipe's steps.</summary>
/// <param name="Reference">The arm whose work counts.</param>
/// <param name="Arms">Which arms are given the steps that make their work equal.</param>
/// <param name="Seeds">Which seeds.</param>
internal sealed record EqualCompute(string Reference, IReadOnlyList<string> Arms, IReadOnlyList<ulong> Seeds);

/// <summary>A number of a run's evaluation: <c>test.meanRecall</c>.</summary>
internal sealed record Metric(string Split, string Name)
{
    public override string ToString() => $"{Split}.{Name}";
}

/// <summary>What is compared, how often, and by which numbers.</summary>
internal sealed record Experiment
{
    /// <summary>For titles and directories.</summary>
    public required string Name { get; init; }

    /// <summary>What all arms have in common, the fraction included.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>In the order in which they are shown.</summary>
    public required IReadOnlyList<Arm> Arms { get; init; }

    /// <summary>Runs with the same seed see the same samples in the same order: they are compared in pairs.</summary>
    public required IReadOnlyList<ulong> Seeds { get; init; }

    /// <summary>Arms that all others are compared with.</summary>
    public required IReadOnlyList<string> Baselines { get; init; }

    /// <summary>Comparisons that the experiment was made for, named before it was run.</summary>
    public required IReadOnlyList<Contrast> MainContrasts { get; init; }

    /// <summary>The first one decides.</summary>
    public required IReadOnlyList<Metric> Metrics { get; init; }

    /// <summary>Null: one part of the data only.</summary>
    public DataCurve? Curve { get; init; }

    /// <summary>Null: equal steps only.</summary>
    public EqualCompute? Compute { get; init; }

    /// <summary>Part of the training samples at which arms are compared.</summary>
    public double Fraction => Recipe.Data.Fraction;

    /// <summary>By name.</summary>
    public Arm ArmOf(string name) => Arms.First(arm => arm.Name == name);
}
