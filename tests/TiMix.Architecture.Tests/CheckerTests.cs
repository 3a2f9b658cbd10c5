using Mono.Cecil;
using TiMix.Architecture.Tests.Examples.Lower;
using TiMix.Architecture.Tests.Examples.Straight;
using TiMix.Architecture.Tests.Examples.Upper;

namespace TiMix.Architecture.Tests;

/// <summary>That the checks can fail: a pair of namespaces of this very assembly that breaks them.</summary>
public sealed class CheckerTests
{
    private static readonly string[] _examples = [typeof(Book).Namespace!, typeof(Shelf).Namespace!, typeof(Reader).Namespace!];

    [Fact]
    public void A_circle_through_a_lambda_of_an_asynchronous_method_is_found_and_named()
    {
        var arrows = new Arrows(Uses().Where(use => _examples.Contains(use.Type.Namespace)), type => type.Namespace);

        var circle = Assert.Single(arrows.Circles());
        Assert.Equal([typeof(Book).Namespace!, typeof(Shelf).Namespace!], circle);
        var text = arrows.Describe(circle);
        Assert.Contains($"{typeof(Book).Namespace} -> {typeof(Shelf).Namespace}: ", text, StringComparison.Ordinal);
        Assert.Contains("Book.CountAsync uses Shelf.get_Places", text, StringComparison.Ordinal);
        Assert.Contains("Shelf.get_First uses Book", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_knows_both_ends_of_a_circle_is_not_in_it()
    {
        var arrows = new Arrows(Uses().Where(use => _examples.Contains(use.Type.Namespace)), type => type.Namespace);

        Assert.Equal([typeof(Book).Namespace!, typeof(Shelf).Namespace!], arrows.Of(typeof(Reader).Namespace!));
        Assert.DoesNotContain(typeof(Reader).Namespace!, arrows.Circles().SelectMany(circle => circle));
    }

    [Fact]
    public void A_circle_of_three_is_one_circle()
    {
        Use Arrow(string from, string to) => new(new NamedType("room", from, "By"), "At", new NamedType("room", to, "Type"), null);

        var arrows = new Arrows([Arrow("a", "b"), Arrow("b", "c"), Arrow("c", "a"), Arrow("c", "d"), Arrow("e", "a")], type => type.Namespace);

        Assert.Equal(["a", "b", "c"], Assert.Single(arrows.Circles()));
    }

    [Fact]
    public void A_look_at_the_clock_is_found_and_threads_are()
    {
        var broken = Uses().Where(Purity.Breaks).Select(use => use.ToString()).ToList();

        Assert.Contains("Reader.Find uses DateTime.get_UtcNow", broken);
        Assert.Contains("Book.CountAsync uses Task.Yield", broken);
        Assert.DoesNotContain(broken, use => use.StartsWith("Shelf", StringComparison.Ordinal));
    }

    private static List<Use> Uses()
    {
        using var module = ModuleDefinition.ReadModule(typeof(CheckerTests).Assembly.Location);
        return [.. UseReader.Read(module).Where(use => _examples.Contains(use.By.Namespace))];
    }
}
