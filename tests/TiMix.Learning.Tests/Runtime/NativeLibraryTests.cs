using System.IO.Compression;
using System.Reflection;
using TorchSharp;

namespace TiMix.Learning.Tests.Runtime;

/// <summary>The build makes one version requirement weak in the output copy of one library (build/TorchNative.targets).</summary>
public sealed class NativeLibraryTests
{
    private const string Library = "runtimes/linux-x64/native/libLibTorchSharp.so";

    [Fact]
    public void Torch_loads_and_multiplies()
    {
        using var a = torch.tensor(new float[] { 1, 2, 3, 4 }, 2, 2);
        using var b = a.mm(a);
        Assert.Equal([7f, 10f, 15f, 22f], b.data<float>().ToArray());
    }

    [Fact]
    public void Only_the_flag_of_one_version_differs_from_the_package_and_only_in_the_output()
    {
        var published = Published();
        Assert.Equal(published, File.ReadAllBytes(Path.Combine(Package, Library)));

        var output = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, Library));
        Assert.Equal(published.Length, output.Length);
        var changed = Enumerable.Range(0, output.Length).Where(i => output[i] != published[i]).ToArray();
        var flag = Assert.Single(changed);
        Assert.Equal((0, 2), (published[flag], output[flag]));
    }

    private static string Package { get; } =
        typeof(NativeLibraryTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "TorchSharpPackage").Value!;

    private static byte[] Published()
    {
        using var package = ZipFile.OpenRead(Assert.Single(Directory.GetFiles(Package, "*.nupkg")));
        using var library = package.GetEntry(Library)!.Open();
        using MemoryStream bytes = new();
        library.CopyTo(bytes);
        return bytes.ToArray();
    }
}
