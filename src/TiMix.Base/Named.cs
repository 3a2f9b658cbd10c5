using System.Collections;

namespace TiMix.Base;

/// <summary>
/// Values by name in a fixed order, for example the losses of a step. Never changes; equal to another with the same names and values in the same
/// order.
/// </summary>
/// <typeparam name="T">Of the values.</typeparam>
public sealed class Named<T> : IReadOnlyCollection<KeyValuePair<string, T>>, IEquatable<Named<T>>
{
    private readonly KeyValuePair<string, T>[] _values;

    /// <param name="values">Names and values.</param>
    public Named(params IEnumerable<(string Name, T Value)> values) => _values = [.. values.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))];

    /// <summary>Nothing.</summary>
    public static Named<T> None { get; } = new();

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <summary>The value of that name; the type's default where there is none.</summary>
    public T? this[string name]
    {
        get
        {
            foreach (var (known, value) in _values)
            {
                if (known == name)
                {
                    return value;
                }
            }

            return default;
        }
    }

    /// <summary>Whether there is a value of that name.</summary>
    public bool Has(string name) => _values.Any(pair => pair.Key == name);

    /// <summary>The same with another value: in its place where the name is known, otherwise at the end.</summary>
    public Named<T> With(string name, T value) => new(Has(name)
        ? _values.Select(pair => (pair.Key, pair.Key == name ? value : pair.Value))
        : [.. _values.Select(pair => (pair.Key, pair.Value)), (name, value)]);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, T>> GetEnumerator() => _values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Named<T>? other) => other is not null && _values.SequenceEqual(other._values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Named<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => _values.Length == 0 ? 0 : HashCode.Combine(_values.Length, _values[0]);

    /// <inheritdoc/>
    public override string ToString() => string.Join(", ", _values.Select(pair => $"{pair.Key} {pair.Value}"));
}
