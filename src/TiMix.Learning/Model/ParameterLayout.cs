namespace TiMix.Learning.Model;

/// <summary>How a parameter is drawn at the start.</summary>
/// <param name="Mean">Of the normal distribution.</param>
/// <param name="Deviation">Of the normal distribution; 0: constant.</param>
public readonly record struct Initial(double Mean, double Deviation);

/// <summary>One named parameter.</summary>
/// <param name="Name">As open_clip names it, where it has it.</param>
/// <param name="Shape">Row-major.</param>
/// <param name="Decay">Whether AdamW decays it: matrices only.</param>
/// <param name="Initial">How it starts.</param>
public sealed record ParameterSpec(string Name, long[] Shape, bool Decay, Initial Initial)
{
    /// <summary>Floats.</summary>
    public long Length => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>Where a parameter lies in the flat buffer.</summary>
/// <param name="Spec">Which.</param>
/// <param name="Offset">First float; a multiple of 16.</param>
public sealed record ParameterSlot(ParameterSpec Spec, long Offset);

/// <summary>
/// All parameters in one flat buffer, the decayed ones first, each at a multiple of 64 bytes. The gaps stay zero.
/// </summary>
public sealed class ParameterLayout
{
    private const long Alignment = 16;
    private readonly Dictionary<string, ParameterSlot> _byName;

    /// <param name="specs">In the order of the model.</param>
    public ParameterLayout(IReadOnlyList<ParameterSpec> specs)
    {
        var slots = new List<ParameterSlot>();
        foreach (var spec in specs.Where(spec => spec.Decay).Concat(specs.Where(spec => !spec.Decay)))
        {
            if (!spec.Decay && DecayLength == 0 && slots.Count > 0 && slots[^1].Spec.Decay)
            {
                DecayLength = Length;
            }

            slots.Add(new ParameterSlot(spec, Length));
            Length += (spec.Length + Alignment - 1) / Alignment * Alignment;
        }

        if (specs.All(spec => spec.Decay))
        {
            DecayLength = Length;
        }

        Slots = slots;
        _byName = slots.ToDictionary(slot => slot.Spec.Name, StringComparer.Ordinal);
    }

    /// <summary>In the order of the buffer.</summary>
    public IReadOnlyList<ParameterSlot> Slots { get; }

    /// <summary>Floats of the buffer.</summary>
    public long Length { get; }

    /// <summary>The first so many floats are decayed.</summary>
    public long DecayLength { get; }

    /// <summary>Numbers that are learned, without the gaps.</summary>
    public long ParameterCount => Slots.Sum(slot => slot.Spec.Length);

    /// <summary>The slot of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ParameterSlot this[string name] =>
        _byName.TryGetValue(name, out var slot) ? slot : throw new KeyNotFoundException($"The model has no parameter \"{name}\".");
}
