using System.Text;
using TiMix.Data.Sample;

namespace TiMix.Data.Tests.Sample;

public sealed class SpriteLibraryTests
{
    private static readonly SpriteLibrary Library = SpriteLibrary.Instance;

    [Fact]
    public void There_are_at_least_200_concepts_and_as_many_groups()
    {
        Assert.InRange(Library.Concepts.Count, 240, 320);
        Assert.True(Library.Concepts.Select(c => c.Group).Distinct().Count() >= 200);
        Assert.Equal(Library.Concepts.Count, Library.Concepts.Select(c => c.Name).Distinct().Count());
        Assert.Equal(Library.Concepts.Count, Library.Concepts.Select(c => c.CodePoint).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, Library.Concepts.Count), Library.Concepts.Select(c => c.Cell));
    }

    [Fact]
    public void Names_are_one_to_three_plain_words_and_articles_fit()
    {
        Assert.All(Library.Concepts, c =>
        {
            Assert.Matches("^[a-z]+( [a-z]+){0,2}$", c.Name);
            Assert.DoesNotContain("and", c.Name.Split(' '));
        });
        string Article(string name) => Library.Concepts.Single(c => c.Name == name).Article;
        Assert.Equal(["an", "a", "an", "an", "a", "some", "a"],
            new[] { "elephant", "unicorn", "hourglass", "owl", "house", "grapes", "red apple" }.Select(Article));
        Assert.All(Library.Concepts.Where(c => c.Article == "an"), c => Assert.Matches("^([aeio]|umb|hour)", c.Name));
    }

    [Fact]
    public void Near_synonyms_share_a_group()
    {
        string Group(string name) => Library.Concepts.Single(c => c.Name == name).Group;
        Assert.Equal(Group("dog"), Group("poodle"));
        Assert.Equal(Group("dog"), Group("dog face"));
        Assert.NotEqual(Group("dog"), Group("cat"));
        var hotDog = Library.Concepts.Single(c => c.Name == "hot dog");
        Assert.True(hotDog.Excludes(Library.Concepts.Single(c => c.Name == "dog")));
    }

    [Fact]
    public void Every_concept_is_drawn_in_all_four_styles_and_no_two_drawings_are_the_same()
    {
        foreach (var style in Enum.GetValues<SpriteStyle>())
        {
            var seen = new HashSet<string>();
            foreach (var concept in Library.Concepts)
            {
                var sprite = Library[style, concept.Cell];
                var box = sprite.Visible;
                Assert.True(Math.Max(box.Width, box.Height) >= 30, $"{style} {concept.Name}: {box}");
                var visible = 0;
                for (var i = 3; i < sprite.Pixels.Length; i += 4) visible += sprite.Pixels[i] >= 128 ? 1 : 0;
                Assert.True(visible > 100, $"{style} {concept.Name}: {visible} pixels");
                Assert.True(seen.Add(string.Join(',', sprite.Pixels)), $"{style} {concept.Name} is drawn twice");
            }
        }
    }

    [Fact]
    public void Licences_and_attribution_are_on_board()
    {
        var attribution = Encoding.UTF8.GetString(SpriteLibrary.ReadResource("ATTRIBUTION.txt"));
        Assert.All(new[] { "Noto", "Twemoji", "Fluent", "EmojiOne 2", "emojibase-data", "creativecommons.org/licenses/by/4.0" },
            name => Assert.Contains(name, attribution));
        Assert.Contains("Apache License", Encoding.UTF8.GetString(SpriteLibrary.ReadResource("LICENSE-Apache-2.0.txt")));
        Assert.Contains("Microsoft", Encoding.UTF8.GetString(SpriteLibrary.ReadResource("LICENSE-MIT-fluent.txt")));
    }
}
