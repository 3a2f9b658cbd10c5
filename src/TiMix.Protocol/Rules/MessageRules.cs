using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using TiMix.Base;
using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Rules;

/// <summary>
/// What makes a message valid, whoever says it: nothing that has to be there lacks, every field keeps its <see cref="FieldRules"/>, and fields that belong
/// together agree (<see cref="AgreementRules"/>). Contents are looked into like everything else.
/// </summary>
public static class MessageRules
{
    private const int Deepest = 12;

    private sealed record Field(PropertyInfo Property, string Name, bool MayLack);

    private static readonly ConcurrentDictionary<Type, Field[]> Fields = new();

    /// <summary>What is wrong with a message, for a log; null: nothing.</summary>
    public static string? WrongIn(ITiMixMessage message) => WrongInRecord(message, 0);

    /// <summary>Fields of a type that are read, with their types: what a test goes over.</summary>
    public static IReadOnlyList<(string Name, Type Type)> FieldsOf(Type type) => [.. All(type).Select(field => (field.Name, field.Property.PropertyType))];

    private static string? WrongInRecord(object record, int depth)
    {
        if (depth > Deepest)
        {
            return "it is too deep";
        }

        var type = record.GetType();
        foreach (var field in All(type))
        {
            var wrong = field.Property.GetValue(record) is { } value ? Wrong(type, field.Name, value, depth)
                : field.MayLack ? null : $"{type.Name}.{field.Name} is lacking";
            if (wrong is not null)
            {
                return wrong;
            }
        }

        return AgreementRules.Agrees(record) ? null : $"the fields of {type.Name} do not agree";
    }

    private static string? Wrong(Type owner, string field, object? value, int depth)
    {
        switch (value)
        {
            case bool or ulong:
                return null;
            case string text:
                return FieldRules.Allows(owner, field, text) ? null : $"{owner.Name}.{field} is not what it may be";
            case int number:
                return FieldRules.Allows(field, number) ? null : $"{owner.Name}.{field} is {number}";
            case long number:
                return FieldRules.Allows(field, number) ? null : $"{owner.Name}.{field} is {number}";
            case float or double:
                return FieldRules.Allows(field, Convert.ToDouble(value, null)) ? null : $"{owner.Name}.{field} is {value}";
            case TimeSpan time:
                return time >= TimeSpan.Zero ? null : $"{owner.Name}.{field} is {time}";
            case Enum word:
                return Enum.IsDefined(word.GetType(), word) ? null : $"{owner.Name}.{field} is {word}";
            case Named<double> named:
                return WrongIn(owner, field, named.ToDictionary(pair => pair.Key, pair => (object?)pair.Value), depth);
            case IReadOnlyDictionary<string, double> numbers:
                return WrongIn(owner, field, numbers.ToDictionary(pair => pair.Key, pair => (object?)pair.Value), depth);
            case IReadOnlyDictionary<string, string> texts:
                return WrongIn(owner, field, texts.ToDictionary(pair => pair.Key, pair => (object?)pair.Value), depth);
            case IDictionary items:
                return WrongIn(owner, field, items.Keys.Cast<string>().ToDictionary(key => key, key => items[key]), depth);
            case ICollection items:
                return FieldRules.AllowsItems(field, items.Count) ? WrongInItems(owner, field, items, depth) : $"{owner.Name}.{field} has {items.Count} items";
            case IEnumerable items:
                return WrongInItems(owner, field, items, depth);
            case null:
                return $"an item of {owner.Name}.{field} is lacking";
            default:
                return WrongInRecord(value, depth + 1);
        }
    }

    private static string? WrongInItems(Type owner, string field, IEnumerable items, int depth)
    {
        foreach (var item in items)
        {
            if (Wrong(owner, field, item, depth) is { } wrong)
            {
                return wrong;
            }
        }

        return null;
    }

    private static string? WrongIn(Type owner, string field, Dictionary<string, object?> items, int depth) =>
        !FieldRules.AllowsItems(field, items.Count) ? $"{owner.Name}.{field} has {items.Count} items"
        : items.Keys.Any(key => !FieldRules.Allows(owner, field + ".Keys", key)) ? $"a name in {owner.Name}.{field} is not what it may be"
        : WrongInItems(owner, field, items.Values, depth);

    /// <summary>What is given when a record is made; what is worked out from it is not.</summary>
    private static Field[] All(Type type) => Fields.GetOrAdd(type, static type =>
    {
        var nullability = new NullabilityInfoContext();
        return
        [
            .. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property is { CanRead: true, CanWrite: true })
                .Select(property => new Field(property, property.Name, nullability.Create(property).ReadState == NullabilityState.Nullable)),
        ];
    });
}
