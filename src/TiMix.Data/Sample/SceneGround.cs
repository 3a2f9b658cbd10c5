namespace TiMix.Data.Sample;

/// <summary>What a scene stands on: plain, gradient, noise, stripes or checks, in muted colours.</summary>
internal static class SceneGround
{
    /// <summary>Fills RGBA bytes [side, side, 4]. Whole numbers only, so that every machine paints the same.</summary>
    public static void Paint(Span<byte> pixels, int side, SceneRandom random)
    {
        var first = MutedColour(random);
        var second = Near(first, random);
        switch (random.Below(5))
        {
            case 0:
                Fill(pixels, side, first, first, (_, _) => 0);
                break;
            case 1:
                var (dx, dy) = (random.Between(-4, 4), random.Between(1, 4));
                var low = Math.Min(0, dx * side);
                var span = Math.Max(0, dx * side) + dy * side - low;
                var far = MutedColour(random);
                Fill(pixels, side, first, far, (x, y) => (dx * x + dy * y - low) * 256 / span);
                break;
            case 2:
                var key = random.Next();
                var cell = random.Between(6, 20);
                Fill(pixels, side, first, second, (x, y) => (3 * Noise(x, y, cell, key) + Noise(x, y, 3, ~key)) / 4);
                break;
            case 3:
                var (across, down) = random.Below(4) switch { 0 => (1, 0), 1 => (0, 1), 2 => (1, 1), _ => (1, -1) };
                var (period, thick) = (random.Between(8, 24), random.Between(30, 60));
                Fill(pixels, side, first, second,
                    (x, y) => (across * x + down * y + side * period) % period * 100 < period * thick ? 256 : 0);
                break;
            default:
                var check = random.Between(6, 20);
                Fill(pixels, side, first, second, (x, y) => (x / check + y / check) % 2 * 256);
                break;
        }
    }

    private static (int R, int G, int B) MutedColour(SceneRandom random)
    {
        var light = random.Chance(10) ? random.Between(60, 95) : random.Between(130, 225);
        int Channel() => light + random.Between(-26, 26);
        return (Channel(), Channel(), Channel());
    }

    private static (int R, int G, int B) Near((int R, int G, int B) colour, SceneRandom random)
    {
        var shift = random.Between(14, 34) * (colour.G > 128 ? -1 : 1);
        int Channel(int value) => value + shift + random.Between(-8, 8);
        return (Channel(colour.R), Channel(colour.G), Channel(colour.B));
    }

    /// <summary>Paints a where <paramref name="share"/> of a pixel is 0, b where it is 256, and between them a mixture.</summary>
    private static void Fill(
        Span<byte> pixels, int side, (int R, int G, int B) a, (int R, int G, int B) b, Func<int, int, int> share)
    {
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var (t, p) = (share(x, y), (y * side + x) * 4);
                pixels[p] = Blend(a.R, b.R, t);
                pixels[p + 1] = Blend(a.G, b.G, t);
                pixels[p + 2] = Blend(a.B, b.B, t);
                pixels[p + 3] = 255;
            }
        }

        static byte Blend(int from, int to, int t) => (byte)Math.Clamp((from * (256 - t) + to * t) >> 8, 0, 255);
    }

    /// <summary>Value noise 0..256: hashed values on a lattice, bilinear between.</summary>
    private static int Noise(int x, int y, int cell, ulong key)
    {
        var (column, row, fx, fy) = (x / cell, y / cell, x % cell, y % cell);
        int At(int c, int r)
        {
            var h = (key ^ ((ulong)c << 20) ^ (ulong)r) * 0x9E3779B97F4A7C15UL;
            h = (h ^ (h >> 32)) * 0xD6E8FEB86659FD93UL;
            return (int)(h >> 56);
        }
        var top = At(column, row) * (cell - fx) + At(column + 1, row) * fx;
        var bottom = At(column, row + 1) * (cell - fx) + At(column + 1, row + 1) * fx;
        return (top * (cell - fy) + bottom * fy) / (cell * cell);
    }
}
