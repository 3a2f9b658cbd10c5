using SkiaSharp;

namespace TiMix.Data.Sample;

/// <summary>What a scene shows, before it is painted.</summary>
/// <param name="Number">Position in its split; with seed and split it fixes every other draw.</param>
/// <param name="Concepts">Indices of all objects, 2 to 4; the named ones first.</param>
/// <param name="Named">How many of them the caption names, 1 to 3.</param>
internal sealed record ScenePlan(int Number, int[] Concepts, int Named);

/// <summary>A finished scene.</summary>
/// <param name="Pixels">RGBA [Side, Side, 4], opaque.</param>
/// <param name="Caption">A true statement about one to three of the objects.</param>
/// <param name="Objects">All objects with the tight boxes of their visible pixels.</param>
internal sealed record Scene(byte[] Pixels, string Caption, IReadOnlyList<(SampleConcept Concept, SceneBox Box)> Objects);

/// <summary>
/// Paints scenes from sprites: a pure function of (seed, split, plan). Positions, turns and blending are written out
/// in plain arithmetic rather than left to a graphics library, whose rounding differs with the processor.
/// </summary>
internal sealed class SceneComposer(ulong seed, ulong split, IReadOnlyList<SpriteStyle> styles)
{
    /// <summary>Pixels a side.</summary>
    public const int Side = 96;

    /// <summary>Concepts that scenes are made of: few enough that 8,000 scenes show each some hundred times.</summary>
    public const int ConceptCount = 212;

    private static readonly SpriteLibrary Library = SpriteLibrary.Instance;

    /// <summary>One concept of every group, evenly out of the library's order, so that all kinds of things occur.</summary>
    private static readonly int[] Drawn = DrawnConcepts();

    /// <summary>
    /// Chooses what <paramref name="count"/> scenes show. With <paramref name="unique"/> no two scenes name the same
    /// things, and none names two or three things that a scene in <paramref name="taken"/> names.
    /// </summary>
    /// <param name="count">Scenes of this split.</param>
    /// <param name="unique">For splits that retrieval is measured on.</param>
    /// <param name="taken">What scenes named so far; the multi-object choices of this split are added.</param>
    public IReadOnlyList<ScenePlan> Plan(int count, bool unique, ISet<string> taken)
    {
        var plans = new List<ScenePlan>(count);
        var own = new HashSet<string>();
        for (var number = 0; number < count; number++)
        {
            var random = new SceneRandom(seed, split, (ulong)number, 1);
            ScenePlan plan;
            string names;
            do
            {
                plan = Choose(number, random);
                names = string.Join(' ', plan.Concepts.Take(plan.Named).Order());
            }
            while (unique && (own.Contains(names) || (plan.Named > 1 && taken.Contains(names))));
            own.Add(names);
            plans.Add(plan);
        }
        taken.UnionWith(own);
        return plans;
    }

    /// <summary>Paints a planned scene. Safe to call from any thread.</summary>
    public Scene Compose(ScenePlan plan)
    {
        var random = new SceneRandom(seed, split, (ulong)plan.Number, 2);
        var pixels = new byte[Side * Side * 4];
        SceneGround.Paint(pixels, Side, random);
        var cutouts = Place(plan.Concepts, random, out var boxes);
        for (var i = 0; i < boxes.Length; i++) Draw(pixels, cutouts[i], boxes[i]);
        var objects = plan.Concepts.Select((c, i) => (Library.Concepts[c], boxes[i])).ToArray();
        return new Scene(pixels, SceneCaption.Compose(objects[..plan.Named], random), objects);
    }

    /// <summary>JPEG, quality 90, colour at full resolution: at this size halved colour would smear the objects.</summary>
    public static unsafe byte[] Encode(Scene scene)
    {
        var info = new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque);
        fixed (byte* pixels = scene.Pixels)
        {
            using var pixmap = new SKPixmap(info, (nint)pixels);
            var options = new SKJpegEncoderOptions(90, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore);
            using var data = pixmap.Encode(options) ?? throw new InvalidOperationException("SkiaSharp did not encode a scene.");
            return data.ToArray();
        }
    }

    /// <summary>Any of the concepts that scenes are made of.</summary>
    public static SampleConcept AnyConcept(SceneRandom random) => Library.Concepts[Drawn[random.Below(Drawn.Length)]];

    private static int[] DrawnConcepts()
    {
        int[] firsts = [.. Library.Concepts.Index().GroupBy(c => c.Item.Group).Select(group => group.First().Index)];
        return [.. Enumerable.Range(0, ConceptCount).Select(i => firsts[i * firsts.Length / ConceptCount])];
    }

    private static ScenePlan Choose(int number, SceneRandom random)
    {
        var chosen = new List<int>();
        var objects = random.Below(100) switch { < 30 => 2, < 80 => 3, _ => 4 };
        while (chosen.Count < objects)
        {
            var candidate = Drawn[random.Below(Drawn.Length)];
            if (!chosen.Exists(c => Library.Concepts[c].Excludes(Library.Concepts[candidate]))) chosen.Add(candidate);
        }
        var named = Math.Min(objects, random.Below(100) switch { < 6 => 1, < 50 => 2, _ => 3 });
        return new ScenePlan(number, [.. chosen], named);
    }

    /// <summary>Draws sizes, turns and places until nothing overlaps; sizes are a third to a half of the side.</summary>
    private Cutout[] Place(int[] concepts, SceneRandom random, out SceneBox[] boxes)
    {
        var (small, large) = concepts.Length switch { 2 => (34, 53), 3 => (31, 46), _ => (29, 40) };
        var cutouts = new Cutout[concepts.Length];
        boxes = new SceneBox[concepts.Length];
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            // From the 20th attempt on, the largest size falls step by step to the smallest, which always finds room.
            var most = Math.Max(small, large - Math.Max(0, attempt - 20));
            var placed = 0;
            for (; placed < concepts.Length; placed++)
            {
                var style = styles[random.Below(styles.Count)];
                var halfTurn = random.Chance(50) ? random.Between(-15, 15) : 0;
                var cutout = Cutout.Of(Library[style, concepts[placed]], random.Between(small, most), halfTurn);
                if (!TryPlace(cutout, boxes, placed, random)) break;
                cutouts[placed] = cutout;
            }
            if (placed == concepts.Length) return cutouts;
        }
        throw new InvalidOperationException($"No room for {concepts.Length} objects of {small} pixels in a scene of {Side}.");
    }

    private static bool TryPlace(Cutout cutout, SceneBox[] boxes, int placed, SceneRandom random)
    {
        if (cutout.Width > Side || cutout.Height > Side) return false;
        for (var attempt = 0; attempt < 40; attempt++)
        {
            var box = new SceneBox(random.Between(0, Side - cutout.Width), random.Between(0, Side - cutout.Height),
                cutout.Width, cutout.Height);
            var free = true;
            for (var other = 0; other < placed && free; other++) free = !box.Overlaps(boxes[other]);
            if (!free) continue;
            boxes[placed] = box;
            return true;
        }
        return false;
    }

    private static void Draw(byte[] scene, Cutout cutout, SceneBox box)
    {
        for (var y = 0; y < box.Height; y++)
        {
            for (var x = 0; x < box.Width; x++)
            {
                var source = (y * box.Width + x) * 4;
                var target = ((box.Y + y) * Side + box.X + x) * 4;
                var clear = 255 - cutout.Pixels[source + 3];
                for (var c = 0; c < 3; c++)
                    scene[target + c] = (byte)Math.Min(255, cutout.Pixels[source + c] + (scene[target + c] * clear + 127) / 255);
            }
        }
    }
}
