namespace TiMix.Architecture.Tests;

/// <summary>Who knows whom among named things, and which of them know each other in a circle.</summary>
public sealed class Arrows
{
    private readonly SortedDictionary<string, SortedDictionary<string, List<Use>>> _from = new(StringComparer.Ordinal);

    /// <param name="uses">What makes the arrows.</param>
    /// <param name="nameOf">Which of the named things a type belongs to.</param>
    public Arrows(IEnumerable<Use> uses, Func<NamedType, string> nameOf)
    {
        ArgumentNullException.ThrowIfNull(uses);
        ArgumentNullException.ThrowIfNull(nameOf);
        foreach (var use in uses)
        {
            var (from, to) = (nameOf(use.By), nameOf(use.Type));
            if (from != to)
            {
                Get(Get(_from, from), to).Add(use);
            }
        }
    }

    /// <summary>All things that a thing knows, by name.</summary>
    public IEnumerable<string> Of(string from) => _from.TryGetValue(from, out var to) ? to.Keys : [];

    /// <summary>What makes the arrow.</summary>
    public IReadOnlyList<Use> Between(string from, string to) => _from[from][to];

    /// <summary>Sets of two and more things of which each is reached from each.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Circles()
    {
        var reached = _from.Keys.ToDictionary(name => name, Reached, StringComparer.Ordinal);
        var circles = new List<IReadOnlyList<string>>();
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in _from.Keys.Where(name => reached[name].Contains(name) && !done.Contains(name)))
        {
            circles.Add([.. reached[name].Where(other => reached.TryGetValue(other, out var back) && back.Contains(name)).Order(StringComparer.Ordinal)]);
            done.UnionWith(circles[^1]);
        }

        return circles;
    }

    /// <summary>For people: a circle, every arrow in it, and the places that make the arrow.</summary>
    public string Describe(IReadOnlyList<string> circle, int placesPerArrow = 12)
    {
        ArgumentNullException.ThrowIfNull(circle);
        var text = new List<string> { $"These know each other in a circle: {string.Join(", ", circle)}." };
        foreach (var from in circle)
        {
            foreach (var to in Of(from).Where(circle.Contains))
            {
                var uses = Between(from, to);
                text.Add($"  {from} -> {to}: {uses.Count} places");
                text.AddRange(uses.Take(placesPerArrow).Select(use => $"    {use}"));
            }
        }

        return string.Join('\n', text);
    }

    private HashSet<string> Reached(string from)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(Of(from));
        while (open.TryPop(out var name))
        {
            if (reached.Add(name))
            {
                foreach (var next in Of(name))
                {
                    open.Push(next);
                }
            }
        }

        return reached;
    }

    private static T Get<T>(SortedDictionary<string, T> map, string key)
        where T : new()
    {
        if (!map.TryGetValue(key, out var value))
        {
            map[key] = value = new T();
        }

        return value;
    }
}
