namespace TiMix.Learning.Model;

/// <summary>The list of a model's parameters in the making; each part of the model adds its own.</summary>
internal sealed class ParameterSpecs
{
    private readonly List<ParameterSpec> _all = [];

    public IReadOnlyList<ParameterSpec> All => _all;

    /// <summary>A matrix, decayed, drawn around 0.</summary>
    public void Matrix(string name, double deviation, params long[] shape) => _all.Add(new ParameterSpec(name, shape, true, new Initial(0, deviation)));

    /// <summary>A parameter that is not decayed.</summary>
    public void Free(string name, Initial initial, params long[] shape) => _all.Add(new ParameterSpec(name, shape, false, initial));

    /// <summary>Weight 1 and bias 0 of a LayerNorm.</summary>
    public void Norm(string name, long width)
    {
        Free(name + ".weight", new Initial(1, 0), width);
        Free(name + ".bias", default, width);
    }

    /// <summary>Weight [to, from] and bias of a linear layer.</summary>
    public void Linear(string name, long from, long to, double deviation)
    {
        Matrix(name + ".weight", deviation, to, from);
        Free(name + ".bias", default, to);
    }
}
