using System.Reflection;
using System.Text.Json;
using SkiaSharp;

namespace TiMix.Data.Sample;

/// <summary>The four styles of drawing. <see cref="EmojiOne"/> is held out: no training scene shows it.</summary>
internal enum SpriteStyle { Noto, Twemoji, Fluent, EmojiOne }

/// <summary>A thing that scenes can show.</summary>
/// <param name="CodePoint">Unicode code point, lower-case hexadecimal.</param>
/// <param name="Name">One to three lower-case ASCII words; none of them is "and".</param>
/// <param name="Group">The first name of its near-synonyms; two concepts of one group never share a scene.</param>
/// <param name="Article">"a", "an" or "some".</param>
/// <param name="Cell">Position in every sheet, row by row.</param>
internal sealed record SampleConcept(string CodePoint, string Name, string Group, string Article, int Cell)
{
    public string NameWithArticle => $"{Article} {Name}";

    /// <summary>
    /// May not share a scene: near-synonyms, and names of which one stands inside the other ("dog", "hot dog"),
    /// since a caption that names the one would seem to name both.
    /// </summary>
    public bool Excludes(SampleConcept other) =>
        Group == other.Group || Name.Contains(other.Name) || other.Name.Contains(Name);
}

/// <summary>One drawing: premultiplied RGBA floats in 0..255, row by row, and the box of its visible pixels.</summary>
internal sealed record Sprite(float[] Pixels, int Side, SceneBox Visible);

/// <summary>The shipped drawings and their names, decoded once a process.</summary>
internal sealed class SpriteLibrary
{
    /// <summary>An object pixel of less opacity is not drawn and belongs to no box.</summary>
    public const int VisibleAlpha = 24;

    private static readonly Lazy<SpriteLibrary> Lazy = new(() => new SpriteLibrary());
    private readonly Sprite[][] _sprites;

    private SpriteLibrary()
    {
        using var json = JsonDocument.Parse(ReadResource("concepts.json"));
        var root = json.RootElement;
        var (side, columns) = (root.GetProperty("cellSize").GetInt32(), root.GetProperty("columns").GetInt32());
        Concepts = [.. root.GetProperty("concepts").EnumerateArray().Select(c => new SampleConcept(
            Text(c, "codePoint"), Text(c, "name"), Text(c, "group"), Text(c, "article"), c.GetProperty("cell").GetInt32()))];
        _sprites = [.. Enum.GetValues<SpriteStyle>().Select(style => Cut(style, side, columns))];

        static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
    }

    public static SpriteLibrary Instance => Lazy.Value;

    public IReadOnlyList<SampleConcept> Concepts { get; }

    public Sprite this[SpriteStyle style, int concept] => _sprites[(int)style][concept];

    /// <summary>The bytes of a file of the sprites folder.</summary>
    public static byte[] ReadResource(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"TiMix.Data.Sample/{file}")
            ?? throw new InvalidOperationException($"TiMix.Data was built without its resource {file}.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private Sprite[] Cut(SpriteStyle style, int side, int columns)
    {
        using var codec = SKCodec.Create(new MemoryStream(ReadResource($"{style.ToString().ToLowerInvariant()}.png")));
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var sheet = new byte[info.BytesSize];
        unsafe
        {
            fixed (byte* target = sheet)
            {
                if (codec.GetPixels(info, (nint)target) != SKCodecResult.Success)
                    throw new InvalidOperationException($"The sprite sheet of {style} cannot be decoded.");
            }
        }
        return [.. Concepts.Select(c => CutOne(sheet, info.Width, c.Cell % columns * side, c.Cell / columns * side, side))];
    }

    private static Sprite CutOne(byte[] sheet, int width, int left, int top, int side)
    {
        var pixels = new float[side * side * 4];
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var source = ((top + y) * width + left + x) * 4;
                var target = (y * side + x) * 4;
                float alpha = sheet[source + 3];
                for (var c = 0; c < 3; c++) pixels[target + c] = sheet[source + c] * alpha / 255f;
                pixels[target + 3] = alpha;
            }
        }
        return new Sprite(pixels, side, SceneBox.Around(side, side, (x, y) => pixels[(y * side + x) * 4 + 3] >= VisibleAlpha));
    }
}
