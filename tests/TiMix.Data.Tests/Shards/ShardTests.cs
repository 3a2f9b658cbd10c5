using System.Text;
using TiMix.Base;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Shards;

public sealed class ShardTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly byte[] _image = TestImages.Encode(4, 3);

    public void Dispose() => _directory.Dispose();

    private ShardIndex Open(byte[] tar, string? cache = null)
    {
        var path = _directory.File("shard.tar");
        File.WriteAllBytes(path, tar);
        return ShardIndex.Open(path, cache);
    }

    [Fact]
    public void Files_are_grouped_by_the_path_up_to_the_first_dot_of_the_file_name()
    {
        using var index = Open(new TarBuilder()
            .Add("v1.0/b.jpg", [1]).Add("v1.0/b.txt", "bee").Add("a.seg.png", [7]).Add("./a.JPG", [2]).Add("a.txt", "ay").Add("notes.md", "no").ToBytes());
        Assert.Equal(2, index.Count);
        Assert.Equal(("v1.0/b", "bee"), (index.Read(0).Key, index.Read(0).Caption));
        Assert.Equal(("a", "ay"), (index.Read(1).Key, index.Read(1).Caption));
        Assert.Equal([2], index.Read(1).Image);
        Assert.Equal(
            [("shard.tar: a.seg.png", "extension seg.png is not known; no dots in keys", 1), ("shard.tar: notes.md", "extension md is not known", 1)],
            index.Problems.Select(problem => (problem.Where, problem.What, problem.Unused)));
    }

    [Fact]
    public void Json_gives_caption_and_regions_and_goes_before_txt()
    {
        using var index = Open(new TarBuilder().Add("k.png", _image).Add("k.txt", "from txt")
            .Add("k.json", """{"caption": "from json", "regions": [{"box": [1, 2.5, 3, 4], "phrase": "a dog"}], "more": 1}""")
            .Add("m.png", _image).Add("m.json", """{"regions": []}""").Add("m.txt", "only txt").ToBytes());
        var sample = index.Read(0);
        Assert.Equal("from json", sample.Caption);
        Assert.Equal(new Region(new Box(1, 2.5f, 3, 4), "a dog"), Assert.Single(sample.Regions));
        Assert.Equal("only txt", index.Read(1).Caption);
    }

    [Theory]
    [InlineData("{\"caption\": ")]
    [InlineData("[1]")]
    [InlineData("{\"caption\": NaNs}")]
    public void A_broken_json_makes_the_sample_unusable_and_says_so(string json)
    {
        using var index = Open(new TarBuilder().Add("k.png", _image).Add("k.json", json).ToBytes());
        var error = Assert.Throws<SampleException>(() => index.Read(0));
        Assert.StartsWith("its json is broken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_from_pax_gnu_and_ustar_prefix_are_read()
    {
        var deep = string.Concat(Enumerable.Repeat("directory/", 20));
        using var index = Open(new TarBuilder()
            .AddPax("short.png", [1], ("mtime", "1.5"), ("path", deep + "é.png"))
            .AddGnuLongName(deep + "gnu.png", [2])
            .Add("u.png", [3], prefix: "some/prefix")
            .Add("plain.png", [4])
            .ToBytes());
        Assert.Equal([deep + "é", deep + "gnu", "some/prefix/u", "plain"], Enumerable.Range(0, index.Count).Select(i => index.Read(i).Key));
        Assert.Equal([1, 2, 3, 4], Enumerable.Range(0, index.Count).Select(i => (int)index.Read(i).Image[0]));
        Assert.Empty(index.Problems);
    }

    [Fact]
    public void The_size_of_a_pax_header_goes_before_that_of_the_plain_header()
    {
        var tar = new TarBuilder();
        tar.Add("PaxHeader", "12 size=700\n"u8.ToArray(), 'x');
        tar.Add("big.png", new byte[700], statedSize: 0).Add("next.png", [9]);
        using var index = Open(tar.ToBytes());
        Assert.Equal(700, index.Read(0).Image.Length);
        Assert.Equal([9], index.Read(1).Image);
    }

    [Fact]
    public void Directories_and_links_are_not_samples()
    {
        using var index = Open(new TarBuilder().Add("d.png/", [], '5').Add("link.png", [], '2').Add("k.png", [1]).ToBytes());
        Assert.Equal("k", index.Read(0).Key);
        Assert.Equal(1, index.Count);
    }

    [Fact]
    public void A_tar_cut_off_in_a_body_gives_what_is_complete_and_a_problem()
    {
        var tar = new TarBuilder().AddSample("a", _image, "first");
        var cut = tar.Position + 512 + 100;
        tar.Add("b.png", new byte[5000]);
        using var index = Open(tar.ToBytes()[..(int)cut]);
        Assert.Equal(1, index.Count);
        Assert.Equal("first", index.Read(0).Caption);
        var problem = Assert.Single(index.Problems);
        Assert.Equal("shard.tar", problem.Where);
        Assert.Contains("cut off inside b.png (5000 bytes, 100 of them there)", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tar_cut_off_in_a_header_gives_what_is_complete_and_a_problem()
    {
        var tar = new TarBuilder().AddSample("a", _image, "first");
        var end = (int)tar.Position;
        tar.AddSample("b", _image, "second");
        using var index = Open(tar.ToBytes()[..(end + 300)]);
        Assert.Equal(1, index.Count);
        Assert.Contains($"cut off inside a header at byte {end}", Assert.Single(index.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tar_that_ends_between_files_is_reported_too()
    {
        using var index = Open(new TarBuilder().AddSample("a", _image, "first").ToBytes(endMark: false));
        Assert.Equal("first", index.Read(0).Caption);
        Assert.Contains("without an end mark", Assert.Single(index.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_a_damaged_header_the_next_good_one_is_found()
    {
        var tar = new TarBuilder().AddSample("a", _image, "first");
        var damaged = (int)tar.Position;
        tar.Add("b.png", new byte[600]);
        var next = tar.Position;
        tar.AddSample("c", _image, "third");
        var bytes = tar.ToBytes();
        bytes[damaged + 3] ^= 0x55;
        using var index = Open(bytes);
        Assert.Equal(["a", "c"], Enumerable.Range(0, index.Count).Select(i => index.Read(i).Key));
        Assert.Contains($"damaged from byte {damaged} to {next}", Assert.Single(index.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_tar_and_an_empty_file_are_refused_with_the_reason()
    {
        var noise = Encoding.ASCII.GetBytes(new string('x', 4000));
        Assert.Contains("no sample", Assert.Throws<DataException>(() => Open(noise)).Message, StringComparison.Ordinal);
        Assert.Contains("the file is empty", Assert.Throws<DataException>(() => Open([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Brace_ranges_count_with_zeros_and_lists_multiply()
    {
        Assert.Equal(["t-008.tar", "t-009.tar", "t-010.tar"], BraceRange.Expand("t-{008..010}.tar"));
        Assert.Equal(["9", "10"], BraceRange.Expand("{9..10}"));
        Assert.Equal(["a/0.x", "a/1.x", "b/0.x", "b/1.x"], BraceRange.Expand("{a,b}/{0..1}.x"));
        Assert.Equal(["plain.tar"], BraceRange.Expand("plain.tar"));
        Assert.Throws<DataException>(() => BraceRange.Expand("t-{0..3.tar"));
        Assert.Throws<DataException>(() => BraceRange.Expand("t-{5..3}.tar"));
        Assert.Throws<DataException>(() => BraceRange.Expand("t-{0..99999999}.tar"));
    }

    [Fact]
    public void Samples_stand_in_order_of_shards_also_when_one_of_them_is_empty_of_samples()
    {
        new TarBuilder().AddSample("a", _image, "0").AddSample("b", _image, "1").Save(_directory.File("t-0.tar"));
        new TarBuilder().Add("readme.md", "x").Save(_directory.File("t-1.tar"));
        new TarBuilder().AddSample("a", _image, "2").Save(_directory.File("t-2.tar"));
        using var index = ShardIndex.Open(_directory.File("t-{0..2}.tar"), null);
        Assert.Equal(["0", "1", "2"], Enumerable.Range(0, index.Count).Select(i => index.Read(i).Caption));
        Assert.Equal("t-2.tar: a", index.NameOf(2));
        Assert.Equal(["t-1.tar: readme.md", "t-1.tar"], index.Problems.Select(problem => problem.Where));
    }

    [Fact]
    public void A_missing_shard_is_named_with_what_is_there()
    {
        new TarBuilder().AddSample("a", _image, "0").Save(_directory.File("train-000.tar"));
        var message = Assert.Throws<DataException>(() => ShardIndex.Open(_directory.File("train-{000..002}.tar"), null)).Message;
        Assert.Contains("2 of 3 shards missing", message, StringComparison.Ordinal);
        Assert.Contains(_directory.File("train-001.tar"), message, StringComparison.Ordinal);
        Assert.Contains("has train-000.tar", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Contains("it is a directory", Assert.Throws<DataException>(() => ShardIndex.Open(_directory.Path, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_index_is_built_once_and_a_damaged_cache_is_built_anew()
    {
        var cache = _directory.File("cache");
        var tar = new TarBuilder().AddSample("a", _image, "first").Add("b.png", _image).ToBytes(endMark: false);
        Open(tar, cache).Dispose();
        var file = Assert.Single(Directory.GetFiles(cache));
        var good = File.ReadAllBytes(file);
        var written = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, written);
        var shard = new FileInfo(_directory.File("shard.tar"));

        using (var again = ShardIndex.Open(shard.FullName, cache))
        {
            Assert.Equal(["a", "b"], Enumerable.Range(0, again.Count).Select(i => again.Read(i).Key));
            Assert.Contains("end mark", Assert.Single(again.Problems).What, StringComparison.Ordinal);
            Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        }

        foreach (var damaged in new[] { good[..(good.Length / 2)], [.. good[..12], (byte)(good[12] ^ 1), .. good[13..]], [] })
        {
            File.WriteAllBytes(file, damaged);
            using var rebuilt = ShardIndex.Open(shard.FullName, cache);
            Assert.Equal(2, rebuilt.Count);
            Assert.Equal("first", rebuilt.Read(0).Caption);
            Assert.Equal(good, File.ReadAllBytes(file));
        }

        File.SetLastWriteTimeUtc(shard.FullName, written);
        ShardIndex.Open(shard.FullName, cache).Dispose();
        Assert.Equal(2, Directory.GetFiles(cache).Length);
    }

    [Fact]
    public void A_shard_in_the_place_of_another_of_the_same_length_and_time_is_not_read_by_its_index()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells when a file was last changed.");
        var cache = _directory.File("cache");
        var shard = _directory.File("shard.tar");
        Open(new TarBuilder().AddSample("a", _image, "first").Add("b.png", _image).ToBytes(), cache).Dispose();
        var (length, changed) = (new FileInfo(shard).Length, File.GetLastWriteTimeUtc(shard));
        File.WriteAllBytes(shard, new TarBuilder().Add("b.png", _image).AddSample("c", _image, "other").ToBytes());
        File.SetLastWriteTimeUtc(shard, changed);
        Assert.Equal(length, new FileInfo(shard).Length);
        using var index = ShardIndex.Open(shard, cache);
        Assert.Equal(["b", "c"], Enumerable.Range(0, index.Count).Select(i => index.Read(i).Key));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_a_problem_not_an_error()
    {
        File.WriteAllText(_directory.File("cache"), "a file, no directory");
        using var index = Open(new TarBuilder().AddSample("a", _image, "first").ToBytes(), _directory.File("cache"));
        Assert.Equal("first", index.Read(0).Caption);
        Assert.Contains("cannot be kept", Assert.Single(index.Problems).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_threads_read_the_same_bytes()
    {
        var tar = new TarBuilder();
        for (var i = 0; i < 64; i++)
        {
            tar.AddSample($"k{i}", [.. Enumerable.Repeat((byte)i, 1000 + i)], $"caption {i}");
        }

        using var index = Open(tar.ToBytes());
        var wrong = 0;
        var threads = Enumerable.Range(0, 8).Select(t => new Thread(() =>
        {
            var random = new SeededRandom((ulong)t);
            for (var n = 0; n < 500; n++)
            {
                var i = random.NextInt(64);
                var sample = index.Read(i);
                if (sample.Caption != $"caption {i}" || sample.Image.Length != 1000 + i || sample.Image.AsSpan().IndexOfAnyExcept((byte)i) >= 0)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void A_shard_that_became_shorter_makes_samples_unusable_not_the_program()
    {
        using var index = Open(new TarBuilder().AddSample("a", new byte[5000], "first").ToBytes());
        using (var file = File.Open(_directory.File("shard.tar"), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(1000);
        }

        Assert.Contains("shorter", Assert.Throws<SampleException>(() => index.Read(0)).Message, StringComparison.Ordinal);
    }
}
