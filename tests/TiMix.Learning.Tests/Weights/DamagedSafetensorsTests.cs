using TiMix.Learning.Model;
using TiMix.Learning.Tests.Model;
using TiMix.Learning.Weights;
using TiMix.Testing;

namespace TiMix.Learning.Tests.Weights;

/// <summary>Its memory is watched, so nothing else runs beside it.</summary>
[Collection(nameof(Alone))]
public sealed class DamagedSafetensorsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-weights-").FullName;

    private string FilePath => Path.Combine(_directory, "weights.safetensors");

    public void Dispose() => Directory.Delete(_directory, true);

    [Theory]
    [InlineData(0, 200)]
    [InlineData(200, 40_000, Traits = ["suite", "deep"])]
    public void A_damaged_file_is_read_or_refused_in_one_line(int first, int count)
    {
        Safetensors.Write(
            FilePath, [new NamedTensor("a", [2, 3], new float[6]), new NamedTensor("b", [1], new float[] { 1 })],
            new Dictionary<string, string> { ["step"] = "12" });
        var whole = File.ReadAllBytes(FilePath);
        var read = Fuzz.Run(first, count, seed => Damages.Of(whole, seed), bytes =>
        {
            File.WriteAllBytes(FilePath, bytes);
            using var file = SafetensorsFile.Open(FilePath);
            foreach (var name in file.Tensors.Keys)
            {
                file.ReadConverted(name);
            }
        }, typeof(InvalidDataException));
        Assert.InRange(read, 1, count - 1);
    }
}
