using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
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

    /// <summary>The known key that is nearest to a misspelt one.</summary>
    public static string Nearest(string name) => All.Select(key => key.Name).MinBy(known => Distance(name.ToLowerInvariant(), known.ToLowerInvariant()))!;

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

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }

        return row[^1];
    }
}
