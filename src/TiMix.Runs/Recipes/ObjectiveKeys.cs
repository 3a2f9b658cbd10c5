using System.Text.Json.Serialization.Metadata;
using TiMix.Base;
using TiMix.Learning.Objectives;

namespace TiMix.Runs.Recipes;

/// <summary>The keys that the objectives have in the recipe's section <c>objective</c>, behind its own.</summary>
internal static class ObjectiveKeys
{
    /// <summary>Keys of numbers with their defaults.</summary>
    public static Named<double> Numbers { get; } = new(KnownObjectives.All.SelectMany(objective => objective.Settings.OfType<ObjectiveNumber>()
        .Select(number => (number.Key, number.Default)).Prepend((objective.WeightKey, objective.DefaultWeight))));

    /// <summary>Keys of words with their defaults.</summary>
    public static Named<string> Words { get; } = new(
        KnownObjectives.All.SelectMany(objective => objective.Settings).OfType<ObjectiveChoice>().Select(choice => (choice.Key, choice.Known[0])));

    /// <summary>All keys with what they mean, in their order.</summary>
    public static IEnumerable<(string Key, string Meaning)> All =>
        KnownObjectives.All.SelectMany(
            objective => objective.Settings.Select(setting => (setting.Key, setting.Meaning)).Prepend((objective.WeightKey, objective.Meaning)));

    /// <summary>Makes them properties of <see cref="ObjectiveRecipe"/> as JSON.</summary>
    public static void AddTo(JsonTypeInfo type)
    {
        if (type.Type != typeof(ObjectiveRecipe))
        {
            return;
        }

        foreach (var (key, _) in All)
        {
            type.Properties.Add(Numbers.Has(key)
                ? Property<double>(type, key, recipe => recipe.Numbers[key], (recipe, value) => recipe.Numbers = recipe.Numbers.With(key, value))
                : Property<string>(type, key, recipe => recipe.Words[key]!, (recipe, value) => recipe.Words = recipe.Words.With(key, value)));
        }
    }

    private static JsonPropertyInfo Property<T>(JsonTypeInfo type, string key, Func<ObjectiveRecipe, T> get, Action<ObjectiveRecipe, T> set)
    {
        var property = type.CreateJsonPropertyInfo(typeof(T), key);
        property.Get = recipe => get((ObjectiveRecipe)recipe);
        property.Set = (recipe, value) => set((ObjectiveRecipe)recipe, (T)value!);
        property.IsSetNullable = false;
        return property;
    }
}
