using System.Text;
using TiMix.Base;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Testing;

namespace TiMix.Actors.Tests.Runs;

/// <summary>However a small file of a run is damaged: it is read, or refused by the exception that is documented, in one line.</summary>
public sealed class DamagedFilesTests : IDisposable
{
    private const int Few = 200, Many = 5000;
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
    [InlineData(0, Few)]
    [InlineData(Few, Many, Traits = ["suite", "deep"])]
    public void A_damaged_snapshot_json_is_read_or_refused(int first, int count)
    {
        var file = Path.Combine(_directory, "snapshot.json");
        var whole = Encoding.UTF8.GetBytes("""
            {"format": 1, "step": 7, "recipe": "{}", "seed": 5, "fingerprint": "ab", "files": {"model.safetensors": "cd"},
             "model": {"imageSize": 8, "patchSize": 4, "visionWidth": 8}}
            """);
        if (ReadsWhole(file, whole) is { } wrong)
        {
            Assert.Fail(wrong);
        }

        Read(first, count, whole, file, () => SnapshotStore.ReadManifest(_directory), typeof(InvalidDataException));
    }

    private string? ReadsWhole(string file, byte[] whole)
    {
        File.WriteAllBytes(file, whole);
        try
        {
            SnapshotStore.ReadManifest(_directory);
            return null;
        }
        catch (InvalidDataException error)
        {
            return error.Message;
        }
    }

    private static void Read(int first, int count, byte[] whole, string file, Action read, Type documented)
    {
        var usable = 0;
        for (var seed = first; seed < first + count; seed++)
        {
            File.WriteAllBytes(file, Damages.Of(whole, (ulong)seed));
            try
            {
                read();
                usable++;
            }
            catch (Exception error) when (error.GetType() == documented)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
            catch (Exception error)
            {
                Assert.Fail($"seed {seed}: {error}");
            }
        }

        Assert.InRange(usable, 1, count - 1);
    }
}
