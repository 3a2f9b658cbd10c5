using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// Which patches a text talks about: h = GELU(Linear(LayerNorm(x))), local = first half of h, global = mean over patches of the
/// second half, z = [local; global; t], then Linear–GELU–Linear–GELU–Linear to 2. The first layer after the concatenation is
/// applied part by part, so that what belongs to an image is computed once for all of its texts.
/// </summary>
internal sealed class PatchTextPredictor(ModelConfig config, ParameterLeaves parameters)
{
    public static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        long c = config.VisionWidth, ct = config.TextWidth;
        specs.Norm("predictor.norm", c);
        specs.Linear("predictor.fc_in", c, c, Math.Pow(c, -0.5));
        if (ct != c)
        {
            specs.Linear("predictor.text", ct, c, Math.Pow(ct, -0.5));
        }

        specs.Linear("predictor.fc_1", 2 * c, c / 2, Math.Pow(2 * c, -0.5));
        specs.Linear("predictor.fc_2", c / 2, c / 4, Math.Pow(c / 2.0, -0.5));
        specs.Linear("predictor.fc_out", c / 4, 2, Math.Pow(c / 4.0, -0.5));
    }

    /// <param name="middle">[b, N, C].</param>
    /// <param name="owner">int64 [R], the image of each text; null: text i is of image i.</param>
    /// <param name="cls">[R, Ct].</param>
    /// <returns>Two-class logits, [R, N, 2].</returns>
    public Tensor Logits(Tensor middle, Tensor? owner, Tensor cls)
    {
        long c = config.VisionWidth, half = c / 2;
        var h = gelu(parameters.Affine(parameters.Normalize(middle, "predictor.norm"), "predictor.fc_in"));
        var weight = parameters["predictor.fc_1.weight"];
        var local = linear(h.narrow(2, 0, half), weight.narrow(1, 0, half));
        var global = linear(h.narrow(2, half, half).mean([1]), weight.narrow(1, half, half));
        var image = local + global.unsqueeze(1);
        if (owner is not null)
        {
            image = image.index_select(0, owner);
        }

        var text = config.TextWidth == c ? cls : parameters.Affine(cls, "predictor.text");
        var z = gelu(image + linear(text, weight.narrow(1, c, c), parameters["predictor.fc_1.bias"]).unsqueeze(1));
        return parameters.Affine(gelu(parameters.Affine(z, "predictor.fc_2")), "predictor.fc_out");
    }
}
