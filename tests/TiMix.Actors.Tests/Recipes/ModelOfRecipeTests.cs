using TiMix.Base;
using TiMix.Data.Text;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Tests.Recipes;

public sealed class ModelOfRecipeTests
{
    [Fact]
    public void Ids_that_are_no_words_are_those_of_the_vocabulary()
    {
        // As in BERT's vocabulary, the special pieces do not stand together at the beginning.
        var tokenizer = WordPieceTokenizer.Create(["[PAD]", "[unused0]", "[unused1]", "a", "[UNK]", "b", "[CLS]", "[SEP]", "[MASK]", "c"], "test");
        Assert.Equal(new SpecialTokens(Class: 6, Separator: 7, Mask: 8), RecipeModel.Of(new Recipe(), tokenizer).SpecialTokens);
        var masked = MaskedTokens.Of(tokenizer.Encode("a b c", 6), 1, 10, RecipeModel.Of(new Recipe(), tokenizer).SpecialTokens, 1, 5);
        Assert.Equal([1, 2, 3], masked.Columns);
        Assert.Equal([3, 5, 9], masked.Targets);
    }

    [Fact]
    public void A_vocabulary_that_does_not_begin_with_padding_is_refused()
    {
        var tokenizer = WordPieceTokenizer.Create(["a", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "test");
        Assert.Contains(
            "[PAD] has id 1; it must be the first piece", Assert.Throws<RunError>(() => RecipeModel.Of(new Recipe(), tokenizer)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_model_has_what_the_recipe_switches_on_and_nothing_else()
    {
        ModelConfig Model(params string[] settings) => RecipeFile.Set(new Recipe(), ["model.preset=sample-full", .. settings]).ModelConfig(466);
        static (int, int, bool, bool) Parts(ModelConfig model) => (model.FusionLayers, model.DecoderLayers, model.MatchingHead, model.MlmHead);
        Assert.Equal((0, 0, false, false), Parts(Model()));
        Assert.Equal((2, 0, true, false), Parts(Model("objective.itmWeight=1")));
        Assert.Equal((3, 0, false, true), Parts(Model("objective.mlmWeight=0.5", "model.fusionLayers=3")));
        Assert.Equal((2, 1, false, false), Parts(Model("objective.prefixLmWeight=1", "model.decoderLayers=1")));
        Assert.Equal(
            DualEncoder.LayoutOf(Model("model.preset=sample")).Slots.Select(slot => (slot.Spec.Name, slot.Offset)),
            DualEncoder.LayoutOf(Model()).Slots.Select(slot => (slot.Spec.Name, slot.Offset)));
    }

    [Fact]
    public void The_recipe_with_all_objectives_and_the_authors_sizes_load()
    {
        var recipe = RecipeFile.Load("sample-full");
        Assert.True(recipe.SettingsAt(0).Fusing && recipe.SettingsAt(0).Active.Any(objective => objective is WordObjective));
        var model = recipe.ModelConfig(466);
        model.Validate();
        Assert.True(model is { FusionLayers: > 0, DecoderLayers: > 0, MatchingHead: true, MlmHead: true });
        var settings = new[]
        {
            "model.preset=timix-base",
            "data.contextLength=40",
            "objective.itmWeight=1",
            "objective.mlmWeight=1",
            "objective.prefixLmWeight=1",
        };
        var authors = RecipeFile.Set(new Recipe(), settings).ModelConfig(30522, new SpecialTokens(101, 102, 103));
        authors.Validate();
        Assert.Equal((16, 3, 12, 768, 256), (authors.Grid, authors.FusionLayers, authors.DecoderLayers, authors.TextWidth, authors.EmbedDim));
    }
}
