using System.Buffers.Binary;
using System.Text;
using TiMix.Learning.Model;
using TiMix.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Weights;

public sealed class SafetensorsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-weights-").FullName;

    private string FilePath => Path.Combine(_directory, "weights.safetensors");

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void What_is_written_is_read_again()
    {
        float[] a = [1, 2, 3, 4, 5, 6], b = [float.NaN, -0f];
        Safetensors.Write(
            FilePath, [new NamedTensor("a", [2, 3], a), new NamedTensor("b", [2], b), new NamedTensor("empty", [0, 4], default)], new Dictionary<string,
            string>
            { ["step"] = "12", ["note"] = "ü" });
        using var file = SafetensorsFile.Open(FilePath);
        Assert.Equal(["a", "b", "empty"], file.Tensors.Keys.Order());
        Assert.Equal([2, 3], file.Tensors["a"].Shape);
        Assert.Equal(a, file.Read("a"));
        Assert.Equal(b.Select(BitConverter.SingleToUInt32Bits), file.Read("b").Select(BitConverter.SingleToUInt32Bits));
        Assert.Empty(file.Read("empty"));
        Assert.Equal(("12", "ü"), (file.Metadata["step"], file.Metadata["note"]));
        Assert.Equal([FilePath], Directory.GetFiles(_directory));
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        Safetensors.Write(FilePath, [new NamedTensor("x", [2], new float[] { 1, -2 })]);
        const string Header = """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        byte[] expected = [(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(padded), 0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0];
        Assert.Equal(expected, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        Safetensors.Write(FilePath, [new NamedTensor("x", [1], new float[] { 7 })]);
        var refused = Assert.Throws<ArgumentException>(() => Safetensors.Write(FilePath, [new NamedTensor("x", [3], new float[] { 1 })]));
        Assert.Contains("x: the shape says 3", refused.Message);
        Assert.Throws<InvalidOperationException>(() => Safetensors.Write(FilePath, [new NamedTensor("x", [2], new Unreadable().Memory)]));
        using var file = SafetensorsFile.Open(FilePath);
        Assert.Equal([7f], file.Read("x"));
        Assert.Equal([FilePath], Directory.GetFiles(_directory));
    }

    [Theory]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "torn: \"x\" ends at byte 8 of 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "bytes 8 to 12 belong to no tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "\"x\": shape [3] of F32 does not fill 8 bytes")]
    [InlineData("""{"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "\"x\": shape [-2] of F32 does not fill 8 bytes")]
    [InlineData("""{"x":{"dtype":"F5","shape":[2],"data_offsets":[0,8]}}""", 8, "\"x\" has the unknown type F5")]
    [InlineData("""{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12,
        "\"y\" overlaps another tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12,
        "bytes 4 to 8 belong to no tensor")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}""", 8, "\"x\" lies at the impossible bytes 8 to 4")]
    [InlineData("""{"x":{"dtype":"F32","shape":[3],"data_offsets":[-4,8]}}""", 8, "\"x\" lies at the impossible bytes -4 to 8")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "\"x\" stands twice")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1]}}""", 4, "the header is damaged")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "the header is damaged")]
    [InlineData("""{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "the header is damaged")]
    [InlineData("""{"x":{"dtype":"F32",""", 4, "the header is damaged")]
    [InlineData("[1, 2]", 4, "the header is damaged")]
    public void A_wrong_header_is_refused_in_one_line(string header, int dataLength, string what)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        AssertRefused([.. length, .. bytes, .. new byte[dataLength]], what);
    }

    [Fact]
    public void A_torn_or_foreign_file_is_refused_in_one_line()
    {
        AssertRefused([1, 2, 3], "torn: 3 bytes");
        AssertRefused([200, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}'], "torn: the header ends past the file");
        AssertRefused([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2], "not a safetensors file");
        AssertRefused(Encoding.ASCII.GetBytes("this is a text and no weights"), "not a safetensors file");
    }

    [Fact]
    public void What_people_bring_in_its_place_is_called_by_its_name()
    {
        AssertRefused([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2], "is compressed (gzip); unpack it first");
        AssertRefused([.. "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n"u8], "is a pointer of Git LFS");
        AssertRefused([0x08, 0x07, 0x12, 0x07, .. "pytorch"u8, 0x1A, 0x05, .. "2.1.0"u8], "is an ONNX model");
        AssertRefused([.. "{\n  \"metadata\": {}, \"weight_map\": {}}"u8], "is JSON; right would be the safetensors file");
        var index = Path.Combine(_directory, "model.safetensors.index.json");
        File.WriteAllText(index, "{\"metadata\": {}}");
        Assert.Contains("says which of several files each tensor is in", Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(index)).Message);
        Safetensors.Write(FilePath, [new NamedTensor("x", [1], new float[] { 7 })]);
        Assert.Contains(
            $"is a directory; right would be a safetensors file, such as {FilePath}",
            Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_directory)).Message);
    }

    [Theory]
    [InlineData(0x8B1F)] // begins like gzip
    [InlineData(0x1208)] // like ONNX
    [InlineData(0x0280)] // like a pickle
    public void A_header_whose_length_looks_like_something_else_is_a_header(int length)
    {
        var header = Encoding.UTF8.GetBytes("""{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""".PadRight(length));
        var size = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, length);
        File.WriteAllBytes(FilePath, [.. size, .. header, 0, 0, 0x80, 0x3F]);
        using var file = SafetensorsFile.Open(FilePath);
        Assert.Equal([1f], file.Read("x"));
    }

    [Fact]
    public void A_tensor_that_is_not_what_is_asked_for_is_named()
    {
        var header = Encoding.UTF8.GetBytes(
            """{"half":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"x":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""");
        File.WriteAllBytes(FilePath, [(byte)header.Length, 0, 0, 0, 0, 0, 0, 0, .. header, .. new byte[12]]);
        using var file = SafetensorsFile.Open(FilePath);
        void Refused(string name, int count, string what)
        {
            var message = Assert.Throws<InvalidDataException>(() => file.Read(name, new float[count])).Message;
            Assert.StartsWith(FilePath + ": ", message);
            Assert.Contains(what, message);
        }

        Refused("y", 2, "there is no tensor \"y\"");
        Refused("half", 2, "\"half\" is F16; expected F32");
        Refused("x", 3, "\"x\" has 2 numbers; expected 3");
        Assert.Throws<InvalidDataException>(() => file.Read("y"));
    }

    [Fact]
    public void Parameters_survive_a_file_bit_for_bit_and_another_model_is_refused()
    {
        var config = ModelPreset.Load("sample") with { VocabularySize = 50, ContextLength = 8 };
        var layout = DualEncoder.LayoutOf(config);
        using var parameters = new ParameterBuffer(layout, CPU);
        using var read = new ParameterBuffer(layout, CPU);
        parameters.InitializeFrom(1);
        ParameterFile.Write(FilePath, layout, parameters.ToArray(), new Dictionary<string, string> { ["fingerprint"] = parameters.Fingerprint() });
        var metadata = ParameterFile.Read(FilePath, layout, read.Floats);
        Assert.Equal(parameters.Fingerprint(), read.Fingerprint());
        Assert.Equal(read.Fingerprint(), metadata["fingerprint"]);

        var other = DualEncoder.LayoutOf(config with { VocabularySize = 51 });
        var message = Assert.Throws<InvalidDataException>(() => ParameterFile.Read(FilePath, other, new float[other.Length])).Message;
        Assert.Contains("\"text.token_embedding.weight\" has the shape [50, 128]; this model expects [51, 128]", message);
        var deeper = DualEncoder.LayoutOf(config with { TextLayers = 5 });
        Assert.Contains(
            "there is no tensor \"text.transformer.resblocks.4.",
            Assert.Throws<InvalidDataException>(() => ParameterFile.Read(FilePath, deeper, new float[deeper.Length])).Message);
    }

    private void AssertRefused(byte[] bytes, string what)
    {
        File.WriteAllBytes(FilePath, bytes);
        var message = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(FilePath)).Message;
        Assert.StartsWith(FilePath + ": ", message);
        Assert.Contains(what, message);
        Assert.DoesNotContain('\n', message);
    }

    /// <summary>Memory that fails when its content is asked for, like a disk that runs full half-way.</summary>
    private sealed class Unreadable : System.Buffers.MemoryManager<float>
    {
        public override Memory<float> Memory => CreateMemory(2);

        public override Span<float> GetSpan() => throw new InvalidOperationException("gone");

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => throw new InvalidOperationException("gone");

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
