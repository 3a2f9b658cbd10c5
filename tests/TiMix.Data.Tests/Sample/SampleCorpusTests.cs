using System.Security.Cryptography;
using System.Text.Json;
using TiMix.Data.Sample;

namespace TiMix.Data.Tests.Sample;

public sealed class SampleCorpusTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void The_same_seed_gives_the_same_bytes_on_one_thread_and_on_many()
    {
        var (one, many) = (Path.Combine(_scratch.Root, "one"), Path.Combine(_scratch.Root, "many"));
        ComposedCorpus.Compose(one, seed: 7, threads: 1);
        ComposedCorpus.Compose(many, seed: 7, threads: 6);
        var (expected, actual) = (ComposedCorpus.Bytes(one), ComposedCorpus.Bytes(many));
        Assert.Equal(["ATTRIBUTION.txt", "corpus.json", "heldout.tar", "test.tar", "train-000.tar", "train-001.tar",
            "train-002.tar", "validation.tar", "vocab.txt"], expected.Keys);
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.All(expected, file => Assert.Equal(file.Value, actual[file.Key]));
    }

    [Fact]
    public void Another_seed_gives_other_scenes_and_the_same_vocabulary()
    {
        var (one, two) = (Path.Combine(_scratch.Root, "one"), Path.Combine(_scratch.Root, "two"));
        ComposedCorpus.Compose(one, seed: 1);
        ComposedCorpus.Compose(two, seed: 2);
        var (first, second) = (ComposedCorpus.Bytes(one), ComposedCorpus.Bytes(two));
        Assert.All(first.Keys.Where(f => f.EndsWith(".tar")), file => Assert.NotEqual(first[file], second[file]));
        Assert.Equal(first["vocab.txt"], second["vocab.txt"]);
    }

    [Fact]
    public void A_corpus_is_complete_for_its_own_seed_until_a_file_is_cut_short()
    {
        ComposedCorpus.Compose(_scratch.Corpus, seed: 3);
        Assert.True(SampleCorpus.IsComplete(_scratch.Corpus, 3, ComposedCorpus.Small));
        Assert.False(SampleCorpus.IsComplete(_scratch.Corpus, 4, ComposedCorpus.Small));
        Assert.False(SampleCorpus.IsComplete(_scratch.Corpus, 3)); // the shipped sizes are larger
        using (var shard = File.OpenWrite(Path.Combine(_scratch.Corpus, "test.tar"))) shard.SetLength(shard.Length - 512);
        Assert.False(SampleCorpus.IsComplete(_scratch.Corpus, 3, ComposedCorpus.Small));
        ComposedCorpus.Compose(_scratch.Corpus, seed: 3);
        Assert.True(SampleCorpus.IsComplete(_scratch.Corpus, 3, ComposedCorpus.Small));
    }

    [Fact]
    public void A_torn_manifest_is_not_complete_and_is_composed_anew()
    {
        Directory.CreateDirectory(_scratch.Corpus);
        File.WriteAllText(Path.Combine(_scratch.Corpus, "corpus.json"), "{\"seed\": 3, \"ver");
        Assert.False(SampleCorpus.IsComplete(_scratch.Corpus, 3, ComposedCorpus.Small));
        ComposedCorpus.Compose(_scratch.Corpus, seed: 3);
        Assert.True(SampleCorpus.IsComplete(_scratch.Corpus, 3, ComposedCorpus.Small));
    }

    [Fact]
    public void The_manifest_names_the_digest_of_every_file()
    {
        ComposedCorpus.Compose(_scratch.Corpus, seed: 3);
        var files = ComposedCorpus.Bytes(_scratch.Corpus);
        using var manifest = JsonDocument.Parse(files["corpus.json"]);
        var listed = manifest.RootElement.GetProperty("files").EnumerateArray()
            .ToDictionary(f => f.GetProperty("name").GetString()!, f => f.GetProperty("sha256").GetString());
        Assert.Equal(files.Keys.Where(f => f != "corpus.json"), listed.Keys.Order(StringComparer.Ordinal));
        Assert.All(listed, file => Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(files[file.Key])), file.Value));
    }

    [Fact]
    public void A_cancelled_composition_leaves_nothing_behind()
    {
        using var cancel = new CancellationTokenSource();
        var progress = new OnProgress(_ => cancel.Cancel());
        Assert.ThrowsAny<OperationCanceledException>(() =>
            SampleCorpus.Compose(_scratch.Corpus, 5, ComposedCorpus.Small, 2, progress, cancel.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_scratch.Root));
    }

    [Fact]
    public void While_it_is_composed_nothing_stands_under_the_final_name()
    {
        var seen = new List<bool>();
        var progress = new OnProgress(_ => { lock (seen) seen.Add(Directory.Exists(_scratch.Corpus)); });
        SampleCorpus.Compose(_scratch.Corpus, 5, ComposedCorpus.Small, 2, progress, CancellationToken.None);
        Assert.NotEmpty(seen);
        Assert.DoesNotContain(true, seen);
        Assert.True(Directory.Exists(_scratch.Corpus));
    }

    [Fact]
    public void What_a_kill_left_is_removed()
    {
        var left = Directory.CreateDirectory(_scratch.Corpus + ".composing");
        File.WriteAllText(Path.Combine(left.FullName, "train-000.tar"), "half");
        ComposedCorpus.Compose(_scratch.Corpus, seed: 5);
        Assert.Equal([_scratch.Corpus], Directory.EnumerateFileSystemEntries(_scratch.Root));
    }

    [Fact]
    public void A_directory_with_other_things_in_it_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(_scratch.Corpus);
        var thesis = Path.Combine(_scratch.Corpus, "thesis.tex");
        File.WriteAllText(thesis, "years of work");
        var error = Assert.Throws<DataException>(() => ComposedCorpus.Compose(_scratch.Corpus, seed: 5));
        Assert.Contains(_scratch.Corpus, error.Message);
        Assert.Equal("years of work", File.ReadAllText(thesis));
    }

    [Fact]
    public void Two_that_compose_the_same_directory_at_once_both_end_with_it_whole()
    {
        Parallel.For(0, 2, _ => ComposedCorpus.Compose(_scratch.Corpus, seed: 5, threads: 1));
        Assert.True(SampleCorpus.IsComplete(_scratch.Corpus, 5, ComposedCorpus.Small));
        Assert.Equal([_scratch.Corpus], Directory.EnumerateFileSystemEntries(_scratch.Root));
    }

    [Fact]
    public void The_vocabulary_spells_every_caption_in_whole_words()
    {
        ComposedCorpus.Compose(_scratch.Corpus, seed: 3);
        var pieces = File.ReadAllLines(Path.Combine(_scratch.Corpus, "vocab.txt"));
        Assert.Equal(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], pieces[..5]);
        Assert.Equal(pieces.Length, pieces.Distinct().Count());
        Assert.Contains("##q", pieces);
        var known = pieces.ToHashSet();
        foreach (var scene in ComposedCorpus.Read(Path.Combine(_scratch.Corpus, "test.tar")))
            Assert.All((scene.Caption + " " + string.Join(' ', scene.Regions.Select(r => r.Phrase))).Split(' '),
                word => Assert.Contains(word, known));
    }

    private sealed class OnProgress(Action<(int, int)> action) : IProgress<(int done, int total)>
    {
        public void Report((int done, int total) value) => action(value);
    }
}
