using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Weights;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;

namespace TiMix.Work.Evaluation;

/// <summary>Turns weights of other programs into a file that a recipe's <c>model.init</c> takes.</summary>
public static class PretrainedWeights
{
    /// <summary>Reads the towers and writes the parameters that were found.</summary>
    /// <param name="recipe">Sizes of the model, and its vocabulary.</param>
    /// <param name="dataDirectory">Where the sample corpus is kept.</param>
    /// <param name="image">Safetensors file with an image tower, or null.</param>
    /// <param name="text">Safetensors file with a text tower, or null.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>What each file gave.</returns>
    /// <exception cref="RunError">A file cannot be read or does not fit; one line, and nothing was written.</exception>
    public static IReadOnlyList<ImportedWeights> Import(Recipe recipe, string dataDirectory, string? image, string? text, string output, CancellationToken stop)
    {
        var data = new RunData(recipe, dataDirectory);
        data.Prepare(new SilentObserver(), stop);
        var model = RecipeModel.Of(recipe, data.OpenTokenizer());
        var layout = DualEncoder.LayoutOf(model);
        var values = new float[layout.Length];
        try
        {
            IReadOnlyList<ImportedWeights> reports = image is not null && image == text
                ? [WeightImport.Read(image, Towers.Both, model, layout, values)]
                : [.. image is null ? Array.Empty<ImportedWeights>() : [WeightImport.Read(image, Towers.Image, model, layout, values)],
                    .. text is null ? Array.Empty<ImportedWeights>() : [WeightImport.Read(text, Towers.Text, model, layout, values)]];
            var taken = reports.SelectMany(report => report.Taken).ToHashSet(StringComparer.Ordinal);
            Safetensors.Write(output, [.. layout.Slots.Where(slot => taken.Contains(slot.Spec.Name))
                .Select(slot => new NamedTensor(slot.Spec.Name, slot.Spec.Shape, values.AsMemory((int)slot.Offset, (int)slot.Spec.Length)))]);
            return reports;
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new RunError(error.Message);
        }
    }
}
