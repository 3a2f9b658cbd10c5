using System.Text.RegularExpressions;
using SkiaSharp;
using TiMix.Data.Sample;

namespace TiMix.Data.Tests.Sample;

/// <summary>One small corpus, read back from its shards, for every test of what scenes show and captions say.</summary>
public sealed class ReadCorpus : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public ReadCorpus()
    {
        ComposedCorpus.Compose(_scratch.Corpus, seed: 11);
        Splits = Directory.GetFiles(_scratch.Corpus, "*.tar").Order().ToDictionary(
            f => Path.GetFileNameWithoutExtension(f), ComposedCorpus.Read);
    }

    internal IReadOnlyDictionary<string, IReadOnlyList<ReadScene>> Splits { get; }

    internal IEnumerable<ReadScene> All => Splits.Values.SelectMany(s => s);

    public void Dispose() => _scratch.Dispose();
}

public sealed class SceneTests(ReadCorpus corpus) : IClassFixture<ReadCorpus>
{
    private static readonly IReadOnlyDictionary<string, SampleConcept> ByName =
        SpriteLibrary.Instance.Concepts.ToDictionary(c => c.Name);

    [Fact]
    public void Every_split_has_its_scenes_under_different_keys()
    {
        Assert.Equal([120, 120, 40, 40, 40, 120], corpus.Splits.Values.Select(s => s.Count));
        Assert.Equal(480, corpus.All.Select(s => s.Key).Distinct().Count());
    }

    [Fact]
    public void Objects_are_two_to_four_inside_the_canvas_and_do_not_overlap()
    {
        var counts = corpus.All.Select(s => s.Regions.Count).ToHashSet();
        Assert.Equal([2, 3, 4], counts.Order());
        foreach (var (a, i, scene) in corpus.All.SelectMany(s => s.Regions.Select((r, i) => (r.Box, i, s))))
        {
            Assert.True(a.X >= 0 && a.Y >= 0 && a.Right <= SceneComposer.Side && a.Bottom <= SceneComposer.Side, $"{scene.Key}: {a}");
            Assert.InRange(Math.Max(a.Width, a.Height), 27, 64); // a turn changes the 30 to 55 % a little
            Assert.All(scene.Regions.Skip(i + 1), b => Assert.False(
                a.X < b.Box.X + b.Box.Width && b.Box.X < a.X + a.Width && a.Y < b.Box.Y + b.Box.Height && b.Box.Y < a.Y + a.Height,
                $"{scene.Key}: {a} overlaps {b}"));
        }
    }

    [Fact]
    public void Boxes_are_tight_around_what_was_drawn()
    {
        // The same ground with and without objects: what differs must fill each box to its edges and nothing else.
        var composer = new SceneComposer(11, 0, [SpriteStyle.Noto, SpriteStyle.Fluent]);
        foreach (var plan in composer.Plan(60, unique: false, new HashSet<string>()))
        {
            var scene = composer.Compose(plan);
            var ground = new byte[scene.Pixels.Length];
            SceneGround.Paint(ground, SceneComposer.Side, new SceneRandom(11, 0, (ulong)plan.Number, 2));
            bool Differs(int x, int y) => !scene.Pixels.AsSpan((y * SceneComposer.Side + x) * 4, 4)
                .SequenceEqual(ground.AsSpan((y * SceneComposer.Side + x) * 4, 4));
            foreach (var (concept, box) in scene.Objects)
            {
                var seen = SceneBox.Around(box.Width, box.Height, (x, y) => Differs(box.X + x, box.Y + y));
                // A faint edge pixel can have just the colour of the ground: allow one.
                Assert.True(seen.X <= 1 && seen.Y <= 1 && seen.Right >= box.Width - 1 && seen.Bottom >= box.Height - 1,
                    $"{plan.Number} {concept.Name}: {seen} of {box}");
            }
            for (var i = 0; i < SceneComposer.Side * SceneComposer.Side; i++)
            {
                var (x, y) = (i % SceneComposer.Side, i / SceneComposer.Side);
                if (!scene.Objects.Any(o => x >= o.Box.X && x < o.Box.Right && y >= o.Box.Y && y < o.Box.Bottom))
                    Assert.False(Differs(x, y), $"{plan.Number}: ({x}, {y}) is drawn on outside every box");
            }
        }
    }

    [Fact]
    public void No_scene_shows_two_of_one_group_or_a_name_inside_another()
    {
        foreach (var scene in corpus.All)
        {
            var groups = scene.Regions.Select(r => ByName[r.Phrase].Group).ToArray();
            Assert.Equal(groups.Length, groups.Distinct().Count());
            foreach (var a in scene.Regions)
                Assert.DoesNotContain(scene.Regions, b => b != a && b.Phrase.Contains(a.Phrase));
        }
    }

    [Fact]
    public void Captions_differ_within_each_evaluation_split_and_name_other_things()
    {
        foreach (var split in (string[])["validation", "test", "heldout"])
        {
            var scenes = corpus.Splits[split];
            Assert.Equal(scenes.Count, scenes.Select(s => s.Caption).Distinct().Count());
            Assert.Equal(scenes.Count, scenes.Select(s => string.Join('|', Parse(s).Names.Order())).Distinct().Count());
        }
        var train = corpus.Splits.Where(s => s.Key.StartsWith("train")).SelectMany(s => s.Value)
            .Select(s => string.Join('|', Parse(s).Names.Order())).ToHashSet();
        Assert.All(corpus.Splits["test"].Select(s => Parse(s).Names).Where(n => n.Length > 1),
            names => Assert.DoesNotContain(string.Join('|', names.Order()), train));
    }

    [Fact]
    public void Captions_name_one_to_three_of_the_objects_with_the_right_articles_and_no_other()
    {
        foreach (var scene in corpus.All)
        {
            Assert.Matches("^[a-z]+( [a-z]+)*$", scene.Caption);
            var names = Parse(scene).Names; // fails on a name that no object has
            Assert.InRange(names.Length, 1, 3);
            Assert.Equal(names.Length, names.Distinct().Count());
            Assert.All(scene.Regions.Where(r => !names.Contains(r.Phrase)), r => Assert.DoesNotContain(r.Phrase, scene.Caption));
        }
        Assert.Equal([1, 2, 3], corpus.All.Select(s => Parse(s).Names.Length).Distinct().Order());
    }

    [Fact]
    public void Relations_are_true_of_the_boxes_in_every_reading()
    {
        var said = new HashSet<string>();
        foreach (var scene in corpus.All)
        {
            var (_, left, word, right) = Parse(scene);
            if (word.Length == 0) continue;
            said.Add(word);
            foreach (var (a, b) in left.SelectMany(l => right.Select(r => (BoxOf(l), BoxOf(r)))))
            {
                var (dx, dy) = (b.X + b.Width / 2.0 - a.X - a.Width / 2.0, b.Y + b.Height / 2.0 - a.Y - a.Height / 2.0);
                Assert.True(word switch
                {
                    "left of" => a.X + a.Width <= b.X && dx > Math.Abs(dy),
                    "right of" => b.X + b.Width <= a.X && -dx > Math.Abs(dy),
                    "above" => a.Y + a.Height <= b.Y && dy > Math.Abs(dx),
                    _ => b.Y + b.Height <= a.Y && -dy > Math.Abs(dx),
                }, $"{scene.Key}: {scene.Caption}: {a} {b}");
            }

            SceneBox BoxOf(string name) => scene.Regions.Single(r => r.Phrase == name).Box;
        }
        Assert.Equal(["above", "below", "left of", "right of"], said.Order());
    }

    [Fact]
    public void Pictures_decode_to_the_canvas_size()
    {
        Assert.All(corpus.All.Take(20), scene =>
        {
            using var bitmap = SKBitmap.Decode(scene.Image);
            Assert.Equal((SceneComposer.Side, SceneComposer.Side), (bitmap.Width, bitmap.Height));
        });
    }

    [Fact]
    public void Training_shows_three_styles_and_the_held_out_split_only_the_fourth()
    {
        SpriteStyle[] three = [SpriteStyle.Noto, SpriteStyle.Twemoji, SpriteStyle.Fluent];
        var taken = new HashSet<string>();
        foreach (var (number, name, styles, count) in new (ulong, string, SpriteStyle[], int)[]
            { (0, "train", three, 120), (1, "validation", three, 120), (2, "test", three, 120), (3, "heldout", [SpriteStyle.EmojiOne], 120) })
        {
            var composer = new SceneComposer(11, number, styles);
            var images = composer.Plan(count, unique: number > 0, taken).Select(p => SceneComposer.Encode(composer.Compose(p)));
            var written = corpus.Splits.Where(s => s.Key.StartsWith(name)).SelectMany(s => s.Value).Select(s => s.Image);
            Assert.Equal(written, images);
        }
        // And the styles do show: one plan in one style each gives four different pictures.
        var pictures = Enum.GetValues<SpriteStyle>()
            .Select(s => Convert.ToHexString(new SceneComposer(1, 3, [s]).Compose(new ScenePlan(0, [3, 90], 1)).Pixels));
        Assert.Equal(4, pictures.Distinct().Count());
    }

    /// <summary>Takes a caption apart by its grammar; names are checked against the scene's objects, articles included.</summary>
    private static (string[] Names, string[] Left, string Word, string[] Right) Parse(ReadScene scene)
    {
        var text = Regex.Replace(scene.Caption, "^a (photo|picture) of (?=(a|an|some) )", "");
        var relation = Regex.Match(text, " (left of|right of|above|below) ");
        var left = Names(relation.Success ? text[..relation.Index] : text);
        var right = relation.Success ? Names(text[(relation.Index + relation.Length)..]) : [];
        return ([.. left, .. right], left, relation.Groups[1].Value, right);

        string[] Names(string list) => [.. list.Split(" and ").Select(item =>
        {
            var region = scene.Regions.Single(r => item.EndsWith(" " + r.Phrase) && item.Split(' ').Length == r.Phrase.Split(' ').Length + 1);
            Assert.Equal($"{ByName[region.Phrase].Article} {region.Phrase}", item);
            return region.Phrase;
        })];
    }
}
