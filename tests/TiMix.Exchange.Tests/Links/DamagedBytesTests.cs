using System.Buffers.Binary;
using System.Text;
using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Groups;
using TiMix.Exchange.Links;
using TiMix.Testing;

namespace TiMix.Exchange.Tests.Links;

/// <summary>
/// However the bytes of a frame, of an introduction or of a bundle are damaged: they are read, or refused by <see cref="InvalidDataException"/>.
/// </summary>
[CollectionDefinition(nameof(DamagedBytesTests), DisableParallelization = true)]
[Collection(nameof(DamagedBytesTests))]
public sealed class DamagedBytesTests
{
    private const int Few = 2_000, Many = 250_000, MaxFrame = 1 << 20;
    private static readonly long[] Extremes = [0, -1, 1, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, MaxFrame, MaxFrame + 1, 64, 65_535];

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_header_of_a_frame_is_read_or_refused(int first, int count)
    {
        var whole = new byte[FrameHeader.Size];
        new FrameHeader { Kind = FrameKind.Gather, Node = 1, Generation = 7, Step = 9, Call = 3, Chunk = 4, Length = 100 }.Write(whole);
        var read = Fuzz.Run(first, count, seed => Extreme(whole, seed, FrameHeader.Size), bytes =>
        {
            var header = FrameHeader.Read(bytes, MaxFrame);
            Assert.InRange(header.Length, 0, MaxFrame);
            var back = new byte[FrameHeader.Size];
            header.Write(back);
            Assert.Equal(bytes, back);
        }, typeof(InvalidDataException));
        Assert.InRange(read, 1, count - 1);
    }

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many / 2, Traits = ["suite", "deep"])]
    public void A_damaged_introduction_to_a_group_is_read_or_refused(int first, int count)
    {
        var whole = new GroupIntroduction("run", 7, 1, 0, 42, new MemoryOffer(12, 34, Guid.Empty)).ToBytes();
        var read = Fuzz.Run(first, count, seed => Damages.Of(whole, seed), bytes =>
        {
            GroupIntroduction.Read(bytes);
            GroupIntroduction.OfferFrom(bytes);
        }, typeof(InvalidDataException));
        Assert.InRange(read, 1, count - 1);
    }

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_bundle_is_read_within_its_block_or_refused(int first, int count)
    {
        using var made = new Bundle.Builder().Add("pixels", new byte[100])
            .Add("text", Encoding.UTF8.GetBytes("a red square")).Add("none", Array.Empty<int>()).Build();
        var whole = made.Bytes.ToArray();
        var read = Fuzz.Run(first, count, seed => seed % 2 == 0 ? Damages.Of(whole, seed) : Extreme(whole, seed, 128), bytes =>
        {
            var free = 0;
            foreach (var entry in BundleDirectory.Read(bytes))
            {
                Assert.InRange(entry.Offset, free, bytes.Length);
                free = entry.Offset + entry.Length;
                Assert.InRange(free, entry.Offset, bytes.Length);
            }
        }, typeof(InvalidDataException));
        Assert.InRange(read, 1, count - 1);
    }

    /// <summary>One to three of the first numbers are what parsers are afraid of, or bits turn over.</summary>
    private static byte[] Extreme(byte[] whole, ulong seed, int within)
    {
        var random = new SeededRandom(Seeds.Mix(0x6672616D65, seed));
        var bytes = whole.ToArray();
        for (var n = 1 + random.NextInt(3); n > 0; n--)
        {
            if (random.NextInt(3) == 0)
            {
                bytes[random.NextInt(within)] ^= (byte)(1 << random.NextInt(8));
            }
            else
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * random.NextInt(within / 4)), (int)Extremes[random.NextInt(Extremes.Length)]);
            }
        }

        return bytes;
    }
}
