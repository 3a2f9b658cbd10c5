using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using SkiaSharp;
using TiMix.Data.Text;

namespace TiMix.Data.Tests;

/// <summary>A directory of its own for a test, gone afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("timix-data-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Writes tars byte by byte, so that a test can make every variant and every damage.</summary>
internal sealed class TarBuilder
{
    private readonly MemoryStream _bytes = new();

    public long Position => _bytes.Length;

    public TarBuilder Add(string name, byte[] content, char type = '0', string prefix = "", bool gnu = false, long? statedSize = null) =>
        Add(Encoding.UTF8.GetBytes(name), content, type, prefix, gnu, statedSize);

    /// <summary>A name of any bytes.</summary>
    public TarBuilder AddNamed(byte[] name, ReadOnlySpan<byte> content) => Add(name, content.ToArray(), '0', "", gnu: false, null);

    private TarBuilder Add(byte[] name, byte[] content, char type, string prefix, bool gnu, long? statedSize)
    {
        var header = new byte[512];
        name.CopyTo(header, 0);
        Put(header, 100, "0000644\0");
        Put(header, 124, Convert.ToString(statedSize ?? content.LongLength, 8).PadLeft(11, '0') + "\0");
        Put(header, 136, "00000000000\0");
        header[156] = (byte)type;
        Put(header, 257, gnu ? "ustar  \0" : "ustar\0" + "00");
        Put(header, 345, prefix);
        Put(header, 148, "        ");
        var sum = header.Sum(b => (int)b);
        Put(header, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        _bytes.Write(header);
        _bytes.Write(content);
        _bytes.Write(new byte[(512 - (content.Length % 512)) % 512]);
        return this;
    }

    public TarBuilder Add(string name, string content) => Add(name, Encoding.UTF8.GetBytes(content));

    public TarBuilder AddPax(string name, byte[] content, params (string Key, string Value)[] records)
    {
        Add("PaxHeader", Encoding.UTF8.GetBytes(string.Concat(records.Select(r => Record(r.Key, r.Value)))), 'x');
        return Add(name, content);
    }

    public TarBuilder AddGnuLongName(string name, byte[] content)
    {
        Add("././@LongLink", Encoding.UTF8.GetBytes(name + "\0"), 'L', gnu: true);
        return Add(name[..Math.Min(name.Length, 100)], content, gnu: true);
    }

    public TarBuilder AddSample(string key, byte[] image, string caption) => Add(key + ".png", image).Add(key + ".txt", caption);

    public byte[] ToBytes(bool endMark = true) => [.. _bytes.ToArray(), .. new byte[endMark ? 1024 : 0]];

    public void Save(string path) => File.WriteAllBytes(path, ToBytes());

    private static string Record(string key, string value)
    {
        var body = $" {key}={value}\n";
        var length = Encoding.UTF8.GetByteCount(body);
        var total = length + length.ToString(CultureInfo.InvariantCulture).Length;
        total = length + total.ToString(CultureInfo.InvariantCulture).Length;
        return total.ToString(CultureInfo.InvariantCulture) + body;
    }

    private static void Put(byte[] header, int at, string text) => Encoding.UTF8.GetBytes(text).CopyTo(header, at);
}

internal static class TestImages
{
    /// <summary>A smooth, lopsided picture: every pixel differs from its mirror image.</summary>
    public static byte[] Encode(int width, int height, SKEncodedImageFormat format = SKEncodedImageFormat.Png, int salt = 0)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((byte)(x * 200 / width), (byte)(y * 200 / height), (byte)((salt * 37) % 256)));
            }
        }

        using var data = bitmap.Encode(format, 95);
        return data.ToArray();
    }

    public static byte[] Solid(byte red, byte green, byte blue, byte alpha = 255, int size = 1)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        bitmap.Erase(new SKColor(red, green, blue, alpha));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    /// <summary>A PNG whose header is right and promises this size; there is next to no data.</summary>
    public static byte[] PngHeader(uint width, uint height)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        byte[] signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];
        return [.. signature, .. Chunk("IHDR", header), .. Chunk("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1]), .. Chunk("IEND", [])];
    }

    /// <summary>One of the pictures in tests/fixtures/pictures.</summary>
    public static byte[] Fixture(string name)
    {
        using var stream = typeof(TestImages).Assembly.GetManifestResourceStream("pictures/" + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>A JPEG whose EXIF says how it is to be turned.</summary>
    public static byte[] Turned(int width, int height, int orientation)
    {
        var jpeg = Encode(width, height, SKEncodedImageFormat.Jpeg);
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, (byte)orientation, 0, 0, 0, 0, 0, 0, 0];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }

    /// <summary>A GIF of one colour: every pixel is a code of its own, with clear codes often enough that none grows.</summary>
    public static byte[] Gif(int size)
    {
        var (bits, count) = (new List<byte>(), 0);
        void Write(int code, int width)
        {
            for (var i = 0; i < width; i++, count++)
            {
                if (count % 8 == 0)
                {
                    bits.Add(0);
                }

                bits[^1] |= (byte)(((code >> i) & 1) << (count % 8));
            }
        }

        for (var i = 0; i < size * size; i++)
        {
            Write(4, 3);
            Write(1, 3);
        }

        Write(5, 3);
        byte[] screen = [(byte)size, 0, (byte)size, 0];
        byte[] head = [.. "GIF89a"u8, .. screen, 0x81, 0, 0, 0, 0, 0, 200, 100, 50, 0, 0, 0, 0, 0, 0, (byte)',', 0, 0, 0, 0, .. screen, 0, 2];
        return [.. head, .. bits.Chunk(255).SelectMany(block => (byte[])[(byte)block.Length, .. block]), 0, (byte)';'];
    }

    /// <summary>A BMP of one colour, 24 bits a pixel; the side must be a multiple of four.</summary>
    public static byte[] Bmp(int size)
    {
        var pixels = 3 * size * size;
        var header = new byte[54];
        "BM"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(2), 54 + pixels);
        (header[10], header[14], header[18], header[22], header[26], header[28]) = (54, 40, (byte)size, (byte)size, 1, 24);
        return [.. header, .. Enumerable.Range(0, size * size).SelectMany(_ => (byte[])[50, 100, 200])];
    }

    /// <summary>An icon with a PNG in it, as Windows has them.</summary>
    public static byte[] Icon(int size)
    {
        var png = Solid(200, 100, 50, size: size);
        return [0, 0, 1, 0, 1, 0, (byte)size, (byte)size, 0, 0, 1, 0, 32, 0, .. BitConverter.GetBytes(png.Length), 22, 0, 0, 0, .. png];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, (uint)data.Length);
        var crc = Crc32.Hash(body);
        Array.Reverse(crc);
        return [.. length, .. body, .. crc];
    }
}

internal static class TestVocabulary
{
    public static readonly string[] Pieces =
    [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "red", "dog", "apple", "cat", "left", "right", "of", "the", "##s", "cafe", "猫", "picture", "number",
        "one",
    ];

    public static WordPieceTokenizer Tokenizer { get; } = WordPieceTokenizer.Create(Pieces, "test");

    public static int Id(string piece) => Array.IndexOf(Pieces, piece);
}
