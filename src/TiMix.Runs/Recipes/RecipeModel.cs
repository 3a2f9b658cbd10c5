using TiMix.Base;
using TiMix.Data.Text;
using TiMix.Learning.Model;

namespace TiMix.Runs.Recipes;

/// <summary>The model that a recipe and its vocabulary make.</summary>
public static class RecipeModel
{
    /// <summary>Sizes of the recipe's model.</summary>
    /// <exception cref="RunError">They do not fit together.</exception>
    public static ModelConfig Of(Recipe recipe, WordPieceTokenizer tokenizer)
    {
        try
        {
            if (tokenizer.PadId != SpecialTokens.Padding)
            {
                throw new RunError($"data.vocabulary: [PAD] has id {tokenizer.PadId}; it must be the first piece, with id {SpecialTokens.Padding}.");
            }

            var model = recipe.ModelConfig(tokenizer.VocabularySize, new SpecialTokens(tokenizer.ClassId, tokenizer.SeparatorId, tokenizer.MaskId));
            model.Validate();
            return model;
        }
        catch (ArgumentException error)
        {
            throw new RunError(error.Message);
        }
    }
}
