using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>Where a method's saliency maps come from.</summary>
public enum SaliencySource
{
    /// <summary>It needs none.</summary>
    None,

    /// <summary>The teacher's patch–text predictor (<see cref="Saliency"/>).</summary>
    Teacher,

    /// <summary>The true boxes (<see cref="OracleSaliency"/>).</summary>
    Boxes,
}

/// <summary>
/// How the second image of a pair gets into the first: TiMix and what it is compared with. One class a method, and one line in
/// <see cref="MixMethods"/>; recipes, commands and their help ask there. A method holds nothing that changes.
/// </summary>
[JsonConverter(typeof(MixMethodConverter))]
public abstract class MixMethod
{
    /// <summary>What it is called in recipes: <c>mix.method</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What the name does not say, for <c>timix recipe</c>; empty: nothing.</summary>
    public virtual string Remark => "";

    /// <summary>Whether there are mixed images at all.</summary>
    public virtual bool Mixes => true;

    /// <summary>What <see cref="MixInput.Saliency"/> is to hold.</summary>
    public virtual SaliencySource Saliency => SaliencySource.None;

    /// <summary>
    /// Whether a second, independently augmented view of each picture stands in the mixed one's place. Such pictures have one
    /// caption each, so their labels are hard.
    /// </summary>
    public virtual bool SecondView => false;

    /// <summary>Decides how one micro-batch is mixed: a pure function of its argument, on the mixer. Whatever is random is drawn from the seed.</summary>
    /// <param name="input">Sizes, saliency and seed.</param>
    /// <exception cref="ArgumentException">An odd number of samples, or saliency that cannot be used.</exception>
    public abstract MixPlan Plan(in MixInput input);

    /// <summary>Makes the mixed images, on the trainer. Partners are always clean ones: all reads are from <paramref name="pixels"/>.</summary>
    /// <param name="plan">From <see cref="Plan"/>, checked against the pixels (<see cref="MixApply"/>).</param>
    /// <param name="pixels">float [b, 3, S, S], normalised; to be left as it is.</param>
    /// <param name="patchSize">p, pixels a side; divides S.</param>
    /// <returns>A new tensor of the same shape, type and device.</returns>
    public abstract Tensor Apply(MixPlan plan, Tensor pixels, int patchSize);

    /// <summary>Methods have no state: those of a class are the same.</summary>
    public sealed override bool Equals(object? obj) => obj?.GetType() == GetType();

    /// <inheritdoc/>
    public sealed override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public sealed override string ToString() => Name;
}

/// <summary>What a method decides from.</summary>
public readonly ref struct MixInput
{
    /// <summary>b.</summary>
    public required int Samples { get; init; }

    /// <summary>n, patches a side.</summary>
    public required int Grid { get; init; }

    /// <summary>Of this step and micro-batch.</summary>
    public required ulong Seed { get; init; }

    /// <summary>[b, n, n], any monotone scale that may be summed (log p); empty where <see cref="MixMethod.Saliency"/> asks for none.</summary>
    public required ReadOnlySpan<float> Saliency { get; init; }

    /// <summary>The recipe's bounds of a window's side.</summary>
    public required MixOptions Options { get; init; }

    /// <summary>Pairing by reversal, π(i) = b-1-i.</summary>
    /// <exception cref="ArgumentException">b is odd.</exception>
    public int[] Pairs()
    {
        if (Samples % 2 != 0)
        {
            throw new ArgumentException($"Mixing pairs the samples of a micro-batch, so their number must be even; got {Samples}.");
        }

        return [.. Enumerable.Range(0, Samples).Reverse()];
    }

    /// <summary>The plan that changes nothing: λ = 1, everybody their own partner.</summary>
    /// <param name="method">Whose plan it is.</param>
    public MixPlan Unmixed(MixMethod method) => new(method, [.. Enumerable.Range(0, Samples)], 0, 1, [], []);
}
