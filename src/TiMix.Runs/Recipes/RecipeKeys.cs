using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using TiMix.Base;
using TiMix.Learning.Mixing;

namespace TiMix.Runs.Recipes;

/// <summary>One key of a recipe.</summary>
/// <param name="Name">With its sections: <c>optimization.learningRate</c>.</param>
/// <param name="Type">As a user would call it.</param>
/// <param name="Default">As JSON.</param>
/// <param name="Meaning">One sentence or two.</param>
public sealed record RecipeKey(string Name, string Type, string Default, string Meaning);

/// <summary>All keys of a recipe, read off the records themselves, so that none can be forgotten.</summary>
public static class RecipeKeys
{
    private static readonly Lazy<IReadOnlyList<RecipeKey>> Keys = new(() => [.. Walk(typeof(Recipe), new Recipe(), "", Documentation())]);

    /// <summary>In the order of the records.</summary>
    public static IReadOnlyList<RecipeKey> All => Keys.Value;

    /// <summary>The known key that is nearest to a misspelt one; null: none is near. A key is known by its last part, and by its initials, too.</summary>
    public static string? Nearest(string name)
    {
        string[] keys = [.. All.Select(key => key.Name)];
        return keys.FirstOrDefault(key => LastOf(key).Equals(LastOf(name), StringComparison.OrdinalIgnoreCase))
            ?? keys.FirstOrDefault(key => InitialsOf(LastOf(key)).Equals(LastOf(name), StringComparison.OrdinalIgnoreCase))
            ?? keys.Select(key => (Key: key, Whole: Spelling.Distance(name, key), Last: Spelling.Distance(LastOf(name), LastOf(key))))
                .Where(key => Math.Min(key.Whole, key.Last) <= Spelling.Near).OrderBy(key => Math.Min(key.Whole, key.Last)).ThenBy(key => key.Whole)
                .FirstOrDefault().Key;
    }

    private static string LastOf(string key) => key[(key.LastIndexOf('.') + 1)..];

    private static string InitialsOf(string word) => string.Concat(word.Where((letter, at) => at == 0 || char.IsUpper(letter)));

    private static IEnumerable<RecipeKey> Walk(Type type, object instance, string prefix, Dictionary<string, string> documentation)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.IsDefined(typeof(JsonIgnoreAttribute)))
            {
                continue;
            }

            var name = prefix + JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            var value = property.GetValue(instance);
            if (property.PropertyType.Namespace == typeof(Recipe).Namespace)
            {
                foreach (var inner in Walk(property.PropertyType, value!, name + ".", documentation))
                {
                    yield return inner;
                }

                continue;
            }

            yield return new RecipeKey(
                name, TypeName(property.PropertyType), JsonSerializer.Serialize(value, RecipeFile.Json),
                name == "mix.method" ? MixMethods.Explained + "." : documentation.GetValueOrDefault($"P:{type.FullName}.{property.Name}", ""));
        }

        foreach (var (key, meaning) in type == typeof(ObjectiveRecipe) ? ObjectiveKeys.All : [])
        {
            object value = ObjectiveKeys.Numbers.Has(key) ? ObjectiveKeys.Numbers[key] : ObjectiveKeys.Words[key]!;
            yield return new RecipeKey(prefix + key, TypeName(value.GetType()), JsonSerializer.Serialize(value, RecipeFile.Json), meaning);
        }
    }

    private static string TypeName(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var t when t == typeof(string) => "text",
        var t when t == typeof(double) => "number",
        var t when t == typeof(int) || t == typeof(long) || t == typeof(ulong) => "whole number",
        _ => "names and texts",
    };

    /// <summary>The doc comments, which the compiler leaves beside the library.</summary>
    private static Dictionary<string, string> Documentation()
    {
        var file = Path.Combine(AppContext.BaseDirectory, typeof(Recipe).Assembly.GetName().Name + ".xml");
        return File.Exists(file)
            ? XDocument.Load(file).Descendants("member").ToDictionary(
                member => member.Attribute("name")!.Value,
                member => string.Join(
                    ' ',
                    string.Concat(member.Element("summary")?.DescendantNodes().Select(Text) ?? []).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            : [];
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { IsEmpty: true } reference => reference.Attribute("cref")?.Value.Split('.')[^1] ?? "",
        _ => "",
    };
}
