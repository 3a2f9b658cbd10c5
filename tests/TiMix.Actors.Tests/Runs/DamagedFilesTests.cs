using System.Text;
using System.Text.Json;
using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Testing;

namespace TiMix.Actors.Tests.Runs;

/// <summary>However a small file of a run is damaged: it is read, or refused by the exception that is documented, in one line.</summary>
[CollectionDefinition(nameof(DamagedFilesTests), DisableParallelization = true)]
[Collection(nameof(DamagedFilesTests))]
public sealed class DamagedFilesTests : IDisposable
{
    private const int Few = 200, Many = 10_000;
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-damaged-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_recipe_is_read_or_refused(int first, int count)
    {
        var whole = Encoding.UTF8.GetBytes(RecipeFile.Write(new Recipe()));
        var file = Path.Combine(_directory, "r.json");
        Read(first, count, whole, file, () => RecipeFile.Load(file), typeof(RunError));
    }

    [Theory]
    [InlineData("""{"data": {"train": "a"}, "data": {"train": "b"}}""")]
    [InlineData("""{"run": {"seed": 1, "seed": 2}}""")]
    [InlineData("""{"\ud800": {"seed": 1}}""")]
    public void A_name_twice_or_of_half_a_character_is_refused_in_one_line(string recipe) =>
        Assert.DoesNotContain('\n', Assert.Throws<RunError>(() => RecipeFile.Parse(recipe, "r.json")).Message);

    [Theory]
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_snapshot_json_is_read_or_refused(int first, int count)
    {
        var file = Path.Combine(_directory, "snapshot.json");
        var model = new ModelConfig
        {
            ImageSize = 8, PatchSize = 4, VisionWidth = 8, VisionLayers = 1, VisionHeads = 2, TextWidth = 8, TextLayers = 1, TextHeads = 2, EmbedDim = 4,
            ContextLength = 5, VocabularySize = 9,
        };
        var manifest = new SnapshotManifest(7, 5, "ab", "{}", model, new Dictionary<string, string> { ["model.safetensors"] = "cd" });
        var whole = JsonSerializer.SerializeToUtf8Bytes(manifest, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.CamelCase });
        File.WriteAllBytes(file, whole);
        Assert.Equal(7, SnapshotStore.ReadManifest(_directory).Step);
        Read(first, count, whole, file, () => SnapshotStore.ReadManifest(_directory), typeof(InvalidDataException));
    }

    private static void Read(int first, int count, byte[] whole, string file, Action read, Type documented)
    {
        var usable = Fuzz.Run(first, count, seed => Damages.Of(whole, seed), bytes =>
        {
            File.WriteAllBytes(file, bytes);
            read();
        }, documented);
        Assert.InRange(usable, 1, count - 1);
    }
}
