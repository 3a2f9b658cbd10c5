using TiMix.Base;

namespace TiMix.Runs.Recipes;

/// <summary>What can be evaluated, by name.</summary>
public static class Splits
{
    /// <summary>The split that is evaluated while training.</summary>
    public const string Validation = "validation";

    /// <summary>All of the recipe: validation first if there is one, then the tests in order.</summary>
    public static IReadOnlyList<string> All(Recipe recipe) =>
        [.. recipe.Data.Validation.Length > 0 ? [Validation] : Array.Empty<string>(), .. recipe.Data.Tests.Keys.Order(StringComparer.Ordinal)];

    /// <summary>The pattern of a split's shards.</summary>
    /// <exception cref="RunError">There is no such split.</exception>
    public static string PatternOf(Recipe recipe, string split) => split switch
    {
        "train" => recipe.Data.Train,
        Validation when recipe.Data.Validation.Length > 0 => recipe.Data.Validation,
        _ when recipe.Data.Tests.TryGetValue(split, out var pattern) => pattern,
        _ => throw new RunError($"there is no split \"{split}\"; this recipe has {string.Join(", ", All(recipe))} and train."),
    };
}
