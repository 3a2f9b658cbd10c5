using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// A part of a model whose inside is not kept for backward but computed again there: memory for time. There is nothing random in
/// a block, so the second pass gives the bits of the first. What fails inside a backward pass ends the process.
/// </summary>
internal sealed class Recomputed : torch.autograd.SingleTensorFunction<Recomputed>
{
    private static readonly string Key = "part";

    /// <inheritdoc/>
    public override string Name => nameof(Recomputed);

    /// <param name="x">What comes in; differentiated.</param>
    /// <param name="mask">What else comes in; not differentiated. Kept by the graph: the caller's scope may end before backward.</param>
    /// <param name="part">A pure function of both and of parameters, whose gradients it adds to their leaves; it captures no tensor of the caller's
    /// scope.</param>
    public static Tensor Run(Tensor x, Tensor? mask, Func<Tensor, Tensor?, Tensor> part) =>
        !is_grad_enabled() || !x.requires_grad ? part(x, mask) : mask is null ? apply(x, part) : apply(x, part, mask);

    /// <inheritdoc/>
    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, part) = ((Tensor)vars[0], (Func<Tensor, Tensor?, Tensor>)vars[1]);
        var mask = vars.Length > 2 ? (Tensor)vars[2] : null;
        ctx.save_for_backward(mask is null ? [x] : [x, mask]);
        ctx.save_data(Key, part);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return part(x, mask).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var saved = ctx.get_saved_variables();
        var x = saved[0].detach().requires_grad_(true);
        var y = ((Func<Tensor, Tensor?, Tensor>)ctx.get_data(Key))(x, saved.Count > 1 ? saved[1] : null);
        torch.autograd.backward([y], [grad_output]);
        var gradient = x.grad!.MoveToOuterDisposeScope();
        return saved.Count > 1 ? [gradient, null!, null!] : [gradient, null!];
    }
}
