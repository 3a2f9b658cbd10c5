using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning;

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
    /// <param name="part">A pure function of it and of parameters, whose gradients it adds to their leaves.</param>
    public static Tensor Run(Tensor x, Func<Tensor, Tensor> part) => is_grad_enabled() && x.requires_grad ? apply(x, part) : part(x);

    /// <inheritdoc/>
    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, part) = ((Tensor)vars[0], (Func<Tensor, Tensor>)vars[1]);
        ctx.save_for_backward([x]);
        ctx.save_data(Key, part);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return part(x).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_(true);
        var y = ((Func<Tensor, Tensor>)ctx.get_data(Key))(x);
        torch.autograd.backward([y], [grad_output]);
        return [x.grad!.MoveToOuterDisposeScope(), null!];
    }
}
