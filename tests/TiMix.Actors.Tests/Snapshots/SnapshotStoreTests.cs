using TiMix.Learning.Model;
using TiMix.Runs.Snapshots;

namespace TiMix.Actors.Tests.Snapshots;

public sealed class SnapshotStoreTests : IDisposable
{
    private static readonly ModelConfig Model = new()
    {
        ImageSize = 8, PatchSize = 4, VisionWidth = 8, VisionLayers = 1, VisionHeads = 2, TextWidth = 8, TextLayers = 1, TextHeads = 2, EmbedDim = 4,
        ContextLength = 5, VocabularySize = 9,
    };

    private static readonly ParameterLayout Layout = DualEncoder.LayoutOf(Model);
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-snapshots-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_snapshot_reads_back_bit_for_bit()
    {
        var (store, content) = (new SnapshotStore(_directory), Content(7));
        var (name, fingerprint) = store.Write(content, Layout, Model, "{}", 5);
        var back = SnapshotStore.Read(store.PathOf(name), Layout);
        Assert.Equal(7, back.Step);
        Assert.Equal(content.Student, back.Student);
        Assert.Equal(content.First, back.First);
        Assert.Equal(content.Second, back.Second);
        Assert.Equal(content.Average, back.Average);
        Assert.Equal(content.Versions.Keys, back.Versions.Keys);
        Assert.All(content.Versions, pair => Assert.Equal(pair.Value, back.Versions[pair.Key]));
        Assert.Equal(ParameterBuffer.Fingerprint(content.Student), fingerprint);
        Assert.Equal(Model, SnapshotStore.ReadManifest(store.PathOf(name)).Model);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("teacher.safetensors")]
    public void One_flipped_bit_is_found_and_the_file_named(string file)
    {
        var store = new SnapshotStore(_directory);
        var path = store.PathOf(store.Write(Content(3), Layout, Model, "{}", 5).Name);
        var bytes = File.ReadAllBytes(Path.Combine(path, file));
        bytes[^9] ^= 4;
        File.WriteAllBytes(Path.Combine(path, file), bytes);
        Assert.Contains($"{file} is damaged", Assert.Throws<InvalidDataException>(() => SnapshotStore.Read(path, Layout)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(path, file));
        Assert.Contains($"{file} is missing", Assert.Throws<InvalidDataException>(() => SnapshotStore.Read(path, Layout)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_there_of_a_recipe_is_found_without_a_journal()
    {
        var store = new SnapshotStore(_directory);
        Assert.Empty(new SnapshotStore(Path.Combine(_directory, "none")).Find("{}"));
        var (eleven, three) = (store.Write(Content(11), Layout, Model, "{}", 5).Name, store.Write(Content(3), Layout, Model, "{}", 5).Name);
        store.Write(Content(7), Layout, Model, "{\"other\":1}", 5);
        var torn = store.Write(Content(5), Layout, Model, "{}", 5).Name;
        File.WriteAllText(Path.Combine(store.PathOf(torn), "snapshot.json"), "{");
        Directory.Move(store.PathOf(store.Write(Content(13), Layout, Model, "{}", 5).Name), store.PathOf("step-00000013.unfinished"));
        Assert.Equal([(three, 3L), (eleven, 11L)], store.Find("{}").Select(found => (found.Name, found.Manifest.Step)));
    }

    [Fact]
    public void A_torn_manifest_is_named()
    {
        var store = new SnapshotStore(_directory);
        var path = store.PathOf(store.Write(Content(3), Layout, Model, "{}", 5).Name);
        File.WriteAllText(Path.Combine(path, "snapshot.json"), "{\"step\": 3");
        Assert.Contains("snapshot.json", Assert.Throws<InvalidDataException>(() => SnapshotStore.Read(path, Layout)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_does_not_take_it_leaves_nothing_behind()
    {
        var blocked = Path.Combine(_directory, "file");
        File.WriteAllText(blocked, "in the way");
        Assert.Throws<IOException>(() => new SnapshotStore(blocked).Write(Content(3), Layout, Model, "{}", 5));
        Assert.Equal([blocked], Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void What_a_crash_left_unfinished_is_cleared_away_and_what_is_kept_stays()
    {
        var store = new SnapshotStore(_directory);
        var kept = store.Write(Content(3), Layout, Model, "{}", 5).Name;
        store.Write(Content(4), Layout, Model, "{}", 5);
        Directory.CreateDirectory(store.PathOf("step-00000005.unfinished"));
        store.Prune(new HashSet<string> { kept });
        Assert.Equal([kept], Directory.GetDirectories(_directory).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void A_snapshot_of_the_same_step_is_replaced()
    {
        var store = new SnapshotStore(_directory);
        store.Write(Content(3), Layout, Model, "{}", 5);
        var again = Content(3) with { Student = [.. Enumerable.Repeat(0f, (int)Layout.Length)] };
        Assert.All(SnapshotStore.Read(store.PathOf(store.Write(again, Layout, Model, "{}", 5).Name), Layout).Student, value => Assert.Equal(0, value));
    }

    private static SnapshotContent Content(long step)
    {
        var random = new Random((int)step);
        float[] Floats()
        {
            var values = new float[Layout.Length];
            foreach (var slot in Layout.Slots)
            {
                for (var i = 0; i < slot.Spec.Length; i++)
                {
                    values[slot.Offset + i] = random.NextSingle();
                }
            }

            return values;
        }

        return new SnapshotContent(step, Floats(), Floats(), Floats(), Floats(), new SortedDictionary<long, float[]> { [0] = Floats(), [1] = Floats() });
    }

    [Fact]
    public void What_is_no_snapshot_of_this_program_is_not_deleted()
    {
        var place = Directory.CreateTempSubdirectory("timix-deleting-");
        try
        {
            var (snapshots, outside) = (place.CreateSubdirectory("snapshots").FullName, place.CreateSubdirectory("outside").FullName);
            var canary = Path.Combine(outside, "canary");
            File.WriteAllText(canary, "alive");
            Directory.CreateSymbolicLink(Path.Combine(snapshots, "step-00000001"), outside);
            File.WriteAllText(Path.Combine(snapshots, "step-00000002"), "a file");
            Directory.CreateDirectory(Path.Combine(snapshots, "mine"));
            Directory.CreateDirectory(Path.Combine(snapshots, "step-00000003"));
            Directory.CreateDirectory(Path.Combine(snapshots, "step-00000004.trainer-1.unfinished"));
            var store = new SnapshotStore(snapshots);

            string[] others = ["step-00000001", "step-00000002", "mine", "..", "../outside", outside, ".", "", "step-00000003/../../outside"];
            Assert.Equal(others, store.Delete([.. others, "step-00000003", "step-00000009"]));
            Assert.False(Directory.Exists(Path.Combine(snapshots, "step-00000003")));
            Assert.Equal(["mine", "step-00000001"], store.Prune(new HashSet<string>()));
            Assert.Equal("alive", File.ReadAllText(canary));
            Assert.Equal(
                ["mine", "step-00000001", "step-00000002"],
                Directory.GetFileSystemEntries(snapshots).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
        }
        finally
        {
            place.Delete(recursive: true);
        }
    }
}
